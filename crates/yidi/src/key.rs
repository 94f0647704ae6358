//! Files that hold a secret: a node's signing key, a management token. Only their owner may read them.

use crate::stop::Stop;
use node::RandomIds;
use sign::sm2::PrivateKey;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};
use terms::IdSource;

/// A new key: 256 random bits.
pub fn new_key() -> PrivateKey {
    loop {
        let bytes: Vec<u8> = (0..4).flat_map(|_| RandomIds.serial().to_be_bytes()).collect();
        // Some numbers, one in 2^128, are no key.
        if let Ok(key) = PrivateKey::from_bytes(&bytes) {
            return key;
        }
    }
}

/// Writes a key to a file that is not there yet.
pub fn write(path: &Path, key: &PrivateKey) -> Result<(), Stop> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", key.to_hex())?;
        file.sync_all()
    };
    write().map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Stop::Unable(format!(
            "密钥文件{}已存在，不覆盖；请另选文件名 (the key file exists)",
            path.display()
        )),
        _ => Stop::Unable(format!(
            "密钥文件{}无法写入，请检查目录权限 (cannot write: {error})",
            path.display()
        )),
    })
}

/// The key in a file.
pub fn load(path: &Path) -> Result<PrivateKey, Stop> {
    let text = read_secret_file(path, "密钥")?;
    PrivateKey::from_hex(&text).map_err(|_| {
        Stop::Unable(format!("文件{}不是SM2密钥，可执行 yidi key new 生成 (not a key)", path.display()))
    })
}

/// The key in a file; a new one if there is none and one may be made.
pub fn load_or_make((path, may_be_made): (&Path, bool)) -> Result<PrivateKey, Stop> {
    if may_be_made && !path.exists() {
        write(path, &new_key())?;
        tracing::info!(file = %path.display(), "已生成签名密钥 (a new signing key was made)");
    }
    load(path)
}

/// The text of a file that only its owner may read.
pub fn read_secret_file(path: &Path, what: &str) -> Result<String, Stop> {
    let shown = path.display();
    let open = |error: io::Error| {
        Stop::Unable(format!("{what}文件{shown}无法读取，请核对路径和权限 (cannot read: {error})"))
    };
    if fs::metadata(path).map_err(open)?.permissions().mode() & 0o077 != 0 {
        return Err(Stop::Unable(format!(
            "{what}文件{shown}其他用户可读，请先执行 chmod 600 {shown} (others may read it)"
        )));
    }
    Ok(fs::read_to_string(path).map_err(open)?.trim().to_owned())
}
