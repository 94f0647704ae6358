//! How Chinese names are read (拼音), so that whoever cannot or will not write the characters finds what he looks for: by initials
//! (`xhyy`) or in full (`xiehe`), from any character on.
//!
//! Readings are those of the Unicode table (`kMandarin`); characters of names of places, hospitals and medicines that have several in
//! daily use have them all ([`SEVERAL`]). No tones. This module must not know what is looked for, nor where: the database is asked with
//! [`Typed::pattern`], lists in memory with [`Typed::is_in`], and both find the same.

use pinyin::ToPinyin;

/// Characters that names use with more than one reading, the usual one first: 重庆, 长沙, 厦门, 六安, 蚌埠, 番禺 …
const SEVERAL: [(char, &[&str]); 39] = [
    ('重', &["chong", "zhong"]),
    ('长', &["chang", "zhang"]),
    ('参', &["shen", "can"]),
    ('调', &["tiao", "diao"]),
    ('行', &["xing", "hang"]),
    ('给', &["gei", "ji"]),
    ('降', &["jiang", "xiang"]),
    ('血', &["xue", "xie"]),
    ('率', &["lv", "shuai"]),
    ('解', &["jie", "xie"]),
    ('单', &["dan", "shan"]),
    ('石', &["shi", "dan"]),
    ('弹', &["tan", "dan"]),
    ('大', &["da", "dai"]),
    ('阿', &["a", "e"]),
    ('芥', &["jie", "gai"]),
    ('壳', &["ke", "qiao"]),
    ('厦', &["xia", "sha"]),
    ('膀', &["pang", "bang"]),
    ('都', &["du", "dou"]),
    ('藏', &["zang", "cang"]),
    ('乐', &["le", "yue"]),
    ('曾', &["zeng", "ceng"]),
    ('朝', &["chao", "zhao"]),
    ('便', &["bian", "pian"]),
    ('六', &["liu", "lu"]),
    ('蚌', &["beng", "bang"]),
    ('番', &["fan", "pan"]),
    ('铅', &["qian", "yan"]),
    ('尉', &["wei", "yu"]),
    ('莘', &["shen", "xin"]),
    ('莞', &["guan", "wan"]),
    ('蔚', &["wei", "yu"]),
    ('柏', &["bai", "bo"]),
    ('传', &["chuan", "zhuan"]),
    ('会', &["hui", "kuai"]),
    ('浚', &["jun", "xun"]),
    ('涡', &["wo", "guo"]),
    ('歙', &["she", "xi"]),
];

/// How many ways of reading a name are kept: a name of more characters with several readings is kept in the first ones.
const WAYS_MAX: usize = 12;

/// How many letters whoever looks types at most.
const TYPED_MAX: usize = 40;

/// The syllables of one character, its usual reading first; what is no Chinese one reads as itself, a sign as nothing.
fn readings(character: char) -> Vec<String> {
    // Letters and digits as wide as a Chinese character (U+FF01 to U+FF5E) are the plain ones.
    let plain = match u32::from(character) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(character),
        _ => character,
    };
    if plain.is_ascii_alphanumeric() {
        return vec![plain.to_ascii_lowercase().to_string()];
    }
    if let Some((_, several)) = SEVERAL.iter().find(|(one, _)| *one == plain) {
        return several.iter().map(|one| (*one).to_owned()).collect();
    }
    let Some(read) = plain.to_pinyin() else { return Vec::new() };
    // Who types has no ü.
    let letters: String = read.plain().chars().map(|one| if one == 'ü' { 'v' } else { one }).collect();
    if letters.is_empty() || !letters.bytes().all(|one| one.is_ascii_lowercase()) {
        return Vec::new();
    }
    vec![letters]
}

/// Every way of reading a name that is kept, as syllables.
fn ways(name: &str) -> Vec<Vec<String>> {
    let mut ways: Vec<Vec<String>> = vec![Vec::new()];
    for read in name.chars().map(readings).filter(|read| !read.is_empty()) {
        let kept = if ways.len() * read.len() > WAYS_MAX { &read[..1] } else { &read[..] };
        ways = ways
            .iter()
            .flat_map(|way| {
                kept.iter().map(|syllable| {
                    let mut longer = way.clone();
                    longer.push(syllable.clone());
                    longer
                })
            })
            .collect();
    }
    ways
}

/// The initials of a name in its usual reading (拼音助记码), in capitals as the interface writes them: `XHYY`.
///
/// ```
/// assert_eq!(terms::pinyin::initials("（甲）维生素B1"), "JWSSB1");
/// ```
pub fn initials(name: &str) -> String {
    let first = |character: char| readings(character).first().and_then(|read| read.chars().next());
    name.chars().filter_map(first).map(|one| one.to_ascii_uppercase()).collect()
}

/// What is kept beside a name so that it is found by how it is read: a line for each way of reading it, with its initials and its syllables,
/// as `=xhyy'xie'he'yi'yuan`.
pub fn letters(name: &str) -> String {
    let line = |way: Vec<String>| {
        let initials: String = way.iter().filter_map(|syllable| syllable.chars().next()).collect();
        let syllables: Vec<String> = way.iter().map(|syllable| format!("'{syllable}")).collect();
        format!("={initials}{}", syllables.concat())
    };
    ways(name).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Letters that somebody types who means a name by how it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed(String);

impl Typed {
    /// Reads what was typed; `None` if it is not of letters and digits, so that it cannot mean how a name is read.
    pub fn read(text: &str) -> Option<Self> {
        let typed: String = text.trim().chars().filter(|one| *one != '\'').collect();
        let fits =
            (1..=TYPED_MAX).contains(&typed.len()) && typed.bytes().all(|one| one.is_ascii_alphanumeric());
        let says = typed.bytes().any(|one| one.is_ascii_alphabetic());
        (fits && says).then(|| Self(typed.to_ascii_lowercase()))
    }

    /// The same as a regular expression over [`letters`]. It holds nothing but letters, digits and what is written here.
    pub fn pattern(&self) -> String {
        let typed = &self.0;
        let syllables: Vec<String> = typed.chars().map(|one| one.to_string()).collect();
        format!("(=[a-z0-9]*{typed}|'{})", syllables.join("'?"))
    }

    /// Whether a name with these [`letters`] may be meant: what was typed are initials of a run of its characters, or begins to spell
    /// it out from one of them.
    pub fn is_in(&self, letters: &str) -> bool {
        letters.lines().any(|line| {
            let line = line.strip_prefix('=').unwrap_or(line);
            let (initials, _) = line.split_once('\'').unwrap_or((line, ""));
            let from_here = |(at, _): (usize, &str)| {
                line[at..].chars().filter(|one| *one != '\'').collect::<String>().starts_with(&self.0)
            };
            initials.contains(&self.0) || line.match_indices('\'').any(from_here)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_how_they_are_read() {
        for (name, typed, found) in [
            ("武汉协和医院", "whxh", true),
            ("武汉协和医院", "XHYY", true),
            ("武汉协和医院", "xiehe", true),
            ("武汉协和医院", "xie'heyi", true),
            ("武汉协和医院", "hanxie", true),
            ("武汉协和医院", "whyy", false),
            ("武汉协和医院", "ieh", false),
            ("西安市第一医院", "xi'an", true),
            ("重庆医科大学附属医院", "cqyk", true),
            ("重庆医科大学附属医院", "zqyk", true),
            ("重症监护病房床位费", "zzjh", true),
            ("蚌埠市第三人民医院", "bbs", true),
            ("厦门长庚医院", "xmzg", true),
            ("六安市人民医院", "luan", true),
            ("吕梁市人民医院", "lv", true),
            ("药物洗脱冠脉支架", "ywxtgmzj", true),
            ("（甲）维生素Ｂ1", "jwssb1", true),
            ("头孢曲松钠", "tbqsn", true),
            ("头孢曲松钠", "toubaoqu", true),
        ] {
            let letters = letters(name);
            assert_eq!(Typed::read(typed).unwrap().is_in(&letters), found, "{name} {typed}: {letters}");
        }
    }

    #[test]
    fn what_is_typed_is_letters_or_means_no_reading() {
        for text in ["", " ", "123", "协和", "x.*", "a'", &"a".repeat(41)] {
            let read = Typed::read(text);
            assert_eq!(read.is_some(), text == "a'", "{text}");
        }
        assert_eq!(Typed::read(" XiE ").unwrap().pattern(), "(=[a-z0-9]*xie|'x'?i'?e)");
    }

    #[test]
    fn a_name_of_many_readings_stays_short() {
        assert_eq!(letters("重长重").lines().count(), 8);
        assert!(letters(&"重长".repeat(20)).lines().count() <= WAYS_MAX);
        assert_eq!(letters("，。"), "=");
        assert_eq!(initials("北京协和医院"), "BJXHYY");
        assert_eq!(letters("协和"), "=xh'xie'he");
    }
}
