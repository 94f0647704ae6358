//! The tag that shows two neighbours that a message comes from one another: HMAC-SM3 under a key that both derive from their
//! own private and the other's public SM2 key, without a word exchanged.
//!
//! A tag costs a hundredth of a signature and proves as much to its receiver, but nothing to anybody else: what must hold
//! before third parties is signed with SM2 beside it.

use super::{
    same,
    sm2::{PrivateKey, PublicKey, hex_of},
    tree::Leaf,
};
use hmac::{Hmac, KeyInit, Mac};
use sm3::Sm3;
use std::fmt;

/// What the derived key is for; another use would derive another.
const PURPOSE: &[u8] = b"yidi-link-v1";

/// The key that two neighbours share.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkKey([u8; 32]);

impl LinkKey {
    /// The key between the holder of one private key and the owner of a public one; both sides come to the same.
    pub fn between(mine: &PrivateKey, theirs: &PublicKey) -> Self {
        let mut mac = hmac(&mine.shared_secret(theirs));
        mac.update(PURPOSE);
        Self(mac.finalize().into_bytes().into())
    }

    /// The tag of a message that goes one way: 64 hexadecimal digits. It is over the message's hash, which its signature needs too, so
    /// that each node hashes a message once.
    pub fn tag(&self, way: Way, message: &Leaf) -> String {
        let mut mac = hmac(&self.0);
        mac.update(way.name());
        mac.update(message.bytes());
        hex_of(&mac.finalize().into_bytes())
    }

    /// Whether this is the tag of that message, that way.
    pub fn fits(&self, way: Way, message: &Leaf, tag: &str) -> bool {
        same(self.tag(way, message).as_bytes(), tag.as_bytes())
    }
}

fn hmac(key: &[u8]) -> Hmac<Sm3> {
    Hmac::new_from_slice(key).expect("a key of any length will do")
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(secret)")
    }
}

/// Which way a message goes on the line between a province and the hub, so that none can be sent back as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A province's question to the hub.
    Up,
    /// A question that the hub passes on to a province.
    Down,
    /// The reply to a question that the hub passed on.
    Back,
}

impl Way {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Up => b"up:",
            Self::Down => b"down:",
            Self::Back => b"back:",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_come_to_the_same_key_and_a_tag_fits_its_message_and_way_only() {
        let key = |byte| PrivateKey::from_bytes(&[byte; 32]).unwrap();
        let (hub, hubei, beijing) = (key(1), key(2), key(3));
        let here = LinkKey::between(&hub, &hubei.public());
        let there = LinkKey::between(&hubei, &hub.public());
        assert_eq!(here, there);
        let body = Leaf::of(b"body");
        let tag = here.tag(Way::Up, &body);
        assert!(there.fits(Way::Up, &body, &tag));
        assert!(!there.fits(Way::Down, &body, &tag), "the other way");
        assert!(!there.fits(Way::Up, &Leaf::of(b"bodY"), &tag), "another message");
        assert!(!LinkKey::between(&hub, &beijing.public()).fits(Way::Up, &body, &tag), "another neighbour");
        assert!(!there.fits(Way::Up, &body, ""));
    }
}
