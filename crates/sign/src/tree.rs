//! One SM2 signature for many messages: what is signed is the root of a tree of SM3 hashes over all that wait to be signed,
//! and every message carries the root's signature with its own path to the root. Each message is as good as signed alone: it
//! cannot be changed, and needs none of the others to be checked. Whoever gets several under one root checks its signature
//! once.
//!
//! A signature is written as the root's signature in Base64, then for each step to the root a dot, `L` or `R` for the side on
//! which the sibling stands, and its hash in hexadecimal digits. A message signed alone has no steps.

use super::sm2::{NotSigned, PrivateKey, PublicKey, bytes_of, hex_of};
use sm3::{Digest, Sm3};
use std::{
    collections::{HashSet, VecDeque},
    fmt,
    sync::Mutex,
};

/// The longest path that is read: trees of 65,536 messages.
const STEPS_MAX: usize = 16;
/// How many roots are remembered as checked.
const ROOTS_MAX: usize = 1_024;

type Hash = [u8; 32];

/// The SM3 hash of a text to be signed: what stands at the end of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf(Hash);

impl Leaf {
    /// Of a text.
    pub fn of(text: &[u8]) -> Self {
        Self(Sm3::new().chain_update(b"yidi-leaf-v1\n").chain_update(text).finalize().into())
    }

    /// Its 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Signs texts together; their signatures, in their order.
pub fn sign_all(key: &PrivateKey, leaves: &[Leaf]) -> Vec<String> {
    let mut level: Vec<Hash> = leaves.iter().map(|leaf| leaf.0).collect();
    let mut paths = vec![String::new(); leaves.len()];
    // Which leaves stand under each hash of the level.
    let mut under: Vec<Vec<usize>> = (0..leaves.len()).map(|index| vec![index]).collect();
    while level.len() > 1 {
        let mut above = Vec::with_capacity(level.len().div_ceil(2));
        let mut under_above = Vec::with_capacity(level.len().div_ceil(2));
        for (pair, leaves) in level.chunks(2).zip(under.chunks(2)) {
            if let ([left, right], [under_left, under_right]) = (pair, leaves) {
                for index in under_left {
                    paths[*index].extend([".R", &hex_of(right)]);
                }
                for index in under_right {
                    paths[*index].extend([".L", &hex_of(left)]);
                }
                above.push(node(left, right));
            } else {
                // The odd one out goes up as it is.
                above.push(pair[0]);
            }
            under_above.push(leaves.concat());
        }
        (level, under) = (above, under_above);
    }
    let Some(root) = level.first() else { return Vec::new() };
    let signature = key.sign(&root_text(root));
    paths.into_iter().map(|path| format!("{signature}{path}")).collect()
}

/// Checks one writer's signatures, and remembers the roots that it has checked.
pub struct Verifier {
    key: PublicKey,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    roots: HashSet<(Hash, String)>,
    order: VecDeque<(Hash, String)>,
}

impl Verifier {
    /// Of the owner of this key.
    pub fn new(key: PublicKey) -> Self {
        Self { key, seen: Mutex::default() }
    }

    /// The writer's key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether the signature is the writer's over the text of this leaf.
    pub fn verify(&self, leaf: &Leaf, signature: &str) -> Result<(), NotSigned> {
        let mut parts = signature.split('.');
        let of_root = parts.next().ok_or(NotSigned)?;
        let mut hash = leaf.0;
        for (steps, part) in parts.enumerate() {
            let (side, sibling) = part.split_at_checked(1).ok_or(NotSigned)?;
            let sibling: Hash = bytes_of(sibling).and_then(|bytes| bytes.try_into().ok()).ok_or(NotSigned)?;
            hash = match side {
                "L" if steps < STEPS_MAX => node(&sibling, &hash),
                "R" if steps < STEPS_MAX => node(&hash, &sibling),
                _ => return Err(NotSigned),
            };
        }
        self.verify_root(hash, of_root)
    }

    /// Holds the roots while it checks: those who come with the same root wait for the one check.
    fn verify_root(&self, root: Hash, signature: &str) -> Result<(), NotSigned> {
        let mut seen = self.seen.lock().expect("no checker panics");
        let root_signature = (root, signature.to_owned());
        if seen.roots.contains(&root_signature) {
            return Ok(());
        }
        self.key.verify(&root_text(&root), signature)?;
        if seen.order.len() == ROOTS_MAX
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.roots.remove(&oldest);
        }
        seen.order.push_back(root_signature.clone());
        seen.roots.insert(root_signature);
        Ok(())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({:?})", self.key)
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sm3::new().chain_update(b"yidi-node-v1\n").chain_update(left).chain_update(right).finalize().into()
}

fn root_text(root: &Hash) -> Vec<u8> {
    format!("yidi-root-v1\n{}", hex_of(root)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PrivateKey {
        PrivateKey::from_bytes(&[byte; 32]).unwrap()
    }

    #[test]
    fn every_message_of_a_tree_is_as_good_as_signed_alone() {
        for count in [1, 2, 3, 5, 8, 13] {
            let texts: Vec<Leaf> =
                (0..count).map(|index| Leaf::of(format!("message {index}").as_bytes())).collect();
            let signatures = sign_all(&key(1), &texts);
            let verifier = Verifier::new(key(1).public());
            for (index, (text, signature)) in texts.iter().zip(&signatures).enumerate() {
                assert_eq!(verifier.verify(text, signature), Ok(()), "{index} of {count}");
                assert_eq!(
                    verifier.verify(&Leaf::of(b"another"), signature),
                    Err(NotSigned),
                    "{index} of {count}"
                );
                let other = Verifier::new(key(2).public());
                assert_eq!(other.verify(text, signature), Err(NotSigned), "another writer");
            }
            if count > 1 {
                assert_eq!(verifier.verify(&texts[0], &signatures[1]), Err(NotSigned), "another's path");
            }
        }
        assert!(sign_all(&key(1), &[]).is_empty());
    }

    #[test]
    fn what_is_not_a_path_is_refused() {
        let texts = [Leaf::of(b"a"), Leaf::of(b"b")];
        let signature = sign_all(&key(1), &texts).remove(0);
        let verifier = Verifier::new(key(1).public());
        let long = signature.clone() + &format!(".L{}", "00".repeat(32)).repeat(20);
        for wrong in ["", ".", "x", &signature.replace('R', "X"), &signature[..signature.len() - 2], &long] {
            assert_eq!(verifier.verify(&texts[0], wrong), Err(NotSigned), "{wrong}");
        }
    }
}
