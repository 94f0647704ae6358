//! Which setting wins: the file, over it the environment, over it the command line. `--check` prints what came of them.

use std::{fs, path::PathBuf, process::Command};

const HUB_KEY: &str = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
                       ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn yidi(arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_yidi"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .expect("the program is built");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("a folder for tests");
    path
}

#[test]
fn flags_win_over_the_environment_which_wins_over_the_file() {
    let path = file(
        "precedence.toml",
        &format!(
            "province = \"420000\"\nhub_address = \"http://file:1\"\nhub_key = \"{HUB_KEY}\"\nconnections = 5\n\
             listen = \"127.0.0.1:1111\"\nunconfirmed_values = \"compute\"\n[filing_rules]\ntemporary_months = 12\n"
        ),
    );
    let arguments = ["province", "--check", "--config", path.to_str().unwrap(), "--listen", "127.0.0.1:3333"];
    let environment = [
        ("YIDI_LISTEN", "127.0.0.1:2222"),
        ("YIDI_HUB_ADDRESS", "http://environment:2"),
        ("YIDI_DATABASE", "postgres://u:secret@h/d"),
        ("YIDI_TIMETABLE_SECONDS", "0"),
        ("YIDI_REQUESTS_WAITING", "7"),
        ("YIDI_OPERATIONS_LISTEN", "127.0.0.1:8942"),
    ];
    let ran = yidi(&arguments, &environment);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in [
        "listen = \"127.0.0.1:3333\"",
        "hub_address = \"http://environment:2\"",
        "connections = 5",
        "patience_seconds = 8",
        "details_delay_seconds = 86400",
        "timetable_seconds = 0",
        "requests_at_work = 448",
        "requests_waiting = 7",
        "peer_requests_at_work = 512",
        "operations_listen = \"127.0.0.1:8942\"",
        "unconfirmed_values = \"compute\"",
        "database = (…)",
        "\"temporary_months\":12",
    ] {
        assert!(ran.out.contains(line), "{line} is not in\n{}", ran.out);
    }
    assert!(!ran.out.contains("secret"));
    let refusing = [&arguments[..], &["--unconfirmed-values", "refuse"]].concat();
    let ran = yidi(&refusing, &environment);
    assert!(ran.out.contains("unconfirmed_values = \"refuse\""), "{}", ran.out);
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let unknown = file("unknown.toml", "lisen = \"127.0.0.1:1\"\n");
    let typed = file("typed.toml", "connections = \"many\"\n");
    let readable = file("token", "0123456789abcdef\n");
    for (arguments, code, said) in [
        (vec!["hub", "--check", "--config", unknown.to_str().unwrap()], 3, "[lisen]"),
        (vec!["hub", "--check", "--config", typed.to_str().unwrap()], 3, "connections"),
        (vec!["hub", "--check", "--config", "/nowhere.toml"], 3, "--config"),
        (vec!["hub", "--check", "--management-token-file", readable.to_str().unwrap()], 3, "chmod 600"),
        (vec!["province", "--check"], 3, "--province"),
        (
            vec![
                "province",
                "--check",
                "--province",
                "420100",
                "--hub-address",
                "http://h:1",
                "--hub-key",
                HUB_KEY,
            ],
            3,
            "[420100]",
        ),
        (vec!["policy", "show", "--area", "999999"], 2, "--area"),
        (vec!["policy", "show", "--area", "650100", "--scheme", "310"], 1, "650100"),
        (vec!["filing", "approve", "1", "--token", "x"], 2, "30"),
        (vec!["participant", "list", "--token", "x", "--node", "http://127.0.0.1:9"], 3, "127.0.0.1:9"),
    ] {
        let ran = yidi(&arguments, &[]);
        assert_eq!(ran.code, code, "{arguments:?}\n{}", ran.err);
        assert!(ran.err.contains(said), "{arguments:?}: {said} is not in\n{}", ran.err);
    }
}

#[test]
fn identity_providers_are_checked_before_anybody_is_sent_there() {
    use std::os::unix::fs::PermissionsExt as _;

    let secret = file("oidc-secret", "between us\n");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("a file for tests");
    let empty = file("no-authority.pem", "nothing\n");
    let block = |id: &str, issuer: &str, more: &str| {
        format!(
            "[[identity_providers]]\nid = \"{id}\"\nname = \"省统一身份认证\"\nissuer = \"{issuer}\"\nclient_id = \"yidi\"\n{more}\n"
        )
    };
    let portal = "portal = \"https://ybj.example.cn\"\n";
    let shared = format!("client_secret_file = {:?}", secret.to_str().unwrap());
    let good = block("province", "https://id.example.cn/realm", &shared);
    let authorities = format!("authorities_file = {:?}", empty.to_str().unwrap());
    for (text, said) in [
        (format!("{portal}{good}"), None),
        (good.clone(), Some("portal")),
        (format!("{portal}{good}{good}"), Some("重复")),
        (format!("{portal}{}", block("Province", "https://id.example.cn", "")), Some("小写字母")),
        (format!("{portal}{}", block("province", "http://id.example.cn", "")), Some("http只能用于本机")),
        (
            format!("{portal}{}", block("province", "https://id.example.cn", "scopes = \"profile\"")),
            Some("openid"),
        ),
        (
            format!("{portal}{}", block("province", "https://id.example.cn", "client_secret = \"x\"")),
            Some("client_secret"),
        ),
        (
            format!("{portal}{}", block("province", "https://id.example.cn", &authorities)),
            Some("authorities_file"),
        ),
    ] {
        let path = file("providers.toml", &text);
        let ran = yidi(&["hub", "--check", "--config", path.to_str().unwrap()], &[]);
        match said {
            None => {
                assert_eq!(ran.code, 0, "{}", ran.err);
                assert!(
                    ran.out.contains("https://id.example.cn/realm") && !ran.out.contains("between us"),
                    "{}",
                    ran.out
                );
            }
            Some(said) => {
                assert_eq!(ran.code, 3, "{text}\n{}", ran.err);
                assert!(ran.err.contains(said), "{said} is not in\n{}", ran.err);
            }
        }
    }
}

#[test]
fn the_built_in_policies_are_well_and_a_case_is_explained() {
    assert_eq!(yidi(&["policy", "check"], &[]).code, 0);
    let arguments = [
        "policy",
        "explain",
        "--area",
        "420100",
        "--scheme",
        "310",
        "--day",
        "2026-11-21",
        "--in-scope",
        "40000",
    ];
    let ran = yidi(&arguments, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("起付标准") && ran.out.contains("依据") && ran.out.contains("基金支付"),
        "{}",
        ran.out
    );
}
