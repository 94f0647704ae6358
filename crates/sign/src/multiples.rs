//! Tables of the multiples of a point that is known long before it is multiplied: the curve's generator, a neighbour's
//! public key. With one a multiple is a sum of table entries, one for each digit of the factor, without a single doubling:
//! a signature is checked in a tenth of the time that it takes without.
//!
//! Only for factors that anybody may know, as those of a signature that is checked: how long it takes depends on them. Nothing
//! secret may come here.
//!
//! The field's arithmetic is the sm2 crate's; here is only in which order points are added, in coordinates (`x = X/ZZ`,
//! `y = Y/ZZZ`) in which adding an entry costs ten multiplications. These formulas leave out the sum of a point with itself
//! or its negative, which chance does not bring about but the holder of the key could: it is told to the caller, who does it
//! slowly.

use sm2::{
    AffinePoint, ProjectivePoint, Scalar, Sm2,
    elliptic_curve::{
        BatchNormalize, Group, PrimeField, hazmat::FieldArithmetic, ops::Invert, point::AffineCoordinates,
    },
};
use std::sync::LazyLock;

/// An element of the field that the curve is over.
type Field = <Sm2 as FieldArithmetic>::FieldElement;

/// Bytes of a factor.
const BYTES: usize = 32;
/// Entries for one byte: a digit is at most 128 either way, since the next byte takes what is above.
const ENTRIES: usize = 128;

/// The generator's multiples.
static GENERATOR: LazyLock<Multiples> = LazyLock::new(|| Multiples::of(ProjectivePoint::GENERATOR));

/// The multiples of one point: `digit · 256^place` of it at `place · ENTRIES + digit - 1`, and for what the highest byte
/// gives away the one multiple `256^32`. A quarter of a mebibyte.
pub(super) struct Multiples(Box<[Entry]>);

#[derive(Clone, Copy)]
struct Entry {
    x: Field,
    y: Field,
}

/// The formulas leave this sum out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeftOut;

impl Multiples {
    /// Of this point, which is not nought: some milliseconds of work.
    pub(super) fn of(point: ProjectivePoint) -> Self {
        let mut points = Vec::with_capacity(BYTES * ENTRIES + 1);
        let mut unit = point;
        for _ in 0..BYTES {
            let mut multiple = unit;
            for _ in 0..ENTRIES {
                points.push(multiple);
                multiple += unit;
            }
            // The last of them is 128 units, and the unit of the next byte 256.
            unit = points[points.len() - 1].double();
        }
        points.push(unit);
        Self(entries(&points))
    }

    /// The coordinate x of `by_generator · G + by_this · P`, where `P` is this table's point; `None` if the sum is nought,
    /// which has none.
    pub(super) fn x_of_sum(
        &self,
        by_generator: &Scalar,
        by_this: &Scalar,
    ) -> Result<Option<[u8; 32]>, LeftOut> {
        let mut sum = None;
        GENERATOR.add_to(&mut sum, by_generator)?;
        self.add_to(&mut sum, by_this)?;
        Ok(sum.map(|sum| sum.x()))
    }

    fn add_to(&self, sum: &mut Option<Sum>, factor: &Scalar) -> Result<(), LeftOut> {
        for (place, digit) in digits(factor).into_iter().enumerate() {
            if digit == 0 {
                continue;
            }
            let entry = self.0[place * ENTRIES + usize::from(digit.unsigned_abs()) - 1];
            let entry = if digit < 0 { Entry { x: entry.x, y: -entry.y } } else { entry };
            *sum = Some(match sum {
                None => Sum::of(entry),
                Some(sum) => sum.plus(entry)?,
            });
        }
        Ok(())
    }
}

/// The bytes of a number as digits between -127 and 128, lowest first; the last is what the highest byte gives away.
fn digits(factor: &Scalar) -> [i16; BYTES + 1] {
    let mut digits = [0; BYTES + 1];
    let mut given = 0;
    for (digit, byte) in digits.iter_mut().zip(factor.to_repr().iter().rev()) {
        let value = i16::from(*byte) + given;
        given = i16::from(value > 128);
        *digit = value - 256 * given;
    }
    digits[BYTES] = given;
    digits
}

/// Points as entries: their coordinates x and y.
fn entries(points: &[ProjectivePoint]) -> Box<[Entry]> {
    let affine = <ProjectivePoint as BatchNormalize<[ProjectivePoint]>>::batch_normalize(points);
    affine.iter().map(Entry::of).collect()
}

impl Entry {
    fn of(point: &AffinePoint) -> Self {
        let field = |bytes| Field::from_repr(bytes).expect("a coordinate is an element of the field");
        Self { x: field(point.x()), y: field(point.y()) }
    }
}

/// A point that is not nought: `x = X/ZZ`, `y = Y/ZZZ`, where `ZZ³ = ZZZ²`.
struct Sum {
    x: Field,
    y: Field,
    zz: Field,
    zzz: Field,
}

impl Sum {
    fn of(entry: Entry) -> Self {
        Self { x: entry.x, y: entry.y, zz: Field::ONE, zzz: Field::ONE }
    }

    /// With an entry that may be the same point or its negative.
    fn plus(&self, entry: Entry) -> Result<Self, LeftOut> {
        let p = entry.x * self.zz - self.x;
        if p == Field::ZERO { Err(LeftOut) } else { Ok(self.plus_apart(entry, p)) }
    }

    /// The formulas `madd-2008-s` of the Explicit-Formulas Database for short Weierstrass curves in XYZZ coordinates; `p` is
    /// how far apart the two are, and not nought.
    fn plus_apart(&self, entry: Entry, p: Field) -> Self {
        let r = entry.y * self.zzz - self.y;
        let pp = p.square();
        let ppp = p * pp;
        let q = self.x * pp;
        let x = r.square() - ppp - q.double();
        Self { x, y: r * (q - x) - self.y * ppp, zz: self.zz * pp, zzz: self.zzz * ppp }
    }

    fn x(&self) -> [u8; 32] {
        let inverse = self.zz.invert_vartime().expect("ZZ is a product of what is not nought");
        (self.x * inverse).to_repr().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sm2::{U256, elliptic_curve::ops::Reduce};

    fn scalar(bytes: [u8; 32]) -> Scalar {
        Scalar::reduce(&U256::from_be_slice(&bytes))
    }

    /// What the sm2 crate makes of it.
    fn by_the_book(g: &Scalar, t: &Scalar, point: ProjectivePoint) -> Option<[u8; 32]> {
        let sum = ProjectivePoint::GENERATOR * g + point * t;
        let nought = bool::from(sum.is_identity());
        (!nought).then(|| sum.to_affine().x().into())
    }

    fn point() -> ProjectivePoint {
        ProjectivePoint::GENERATOR * scalar([0x5a; 32])
    }

    static TABLE: LazyLock<Multiples> = LazyLock::new(|| Multiples::of(point()));

    #[test]
    fn factors_at_the_edges_of_bytes_and_of_the_order() {
        let small = |number: u64| Scalar::from(number);
        let edges = [
            small(0),
            small(1),
            small(127),
            small(128),
            small(129),
            small(255),
            small(256),
            small(0x8080_8080),
            -small(1),
            -small(128),
            -small(129),
            scalar([0x80; 32]),
            scalar([0x81; 32]),
            scalar([0x7f; 32]),
        ];
        for g in &edges {
            for t in &edges {
                assert_eq!(TABLE.x_of_sum(g, t), Ok(by_the_book(g, t, point())), "{g:?} {t:?}");
            }
        }
    }

    #[test]
    fn a_point_and_itself_or_its_negative_is_left_to_the_caller() {
        let generator = Multiples::of(ProjectivePoint::GENERATOR);
        let (one, two) = (Scalar::ONE, Scalar::from(2_u64));
        assert_eq!(generator.x_of_sum(&one, &one), Err(LeftOut), "itself");
        assert_eq!(generator.x_of_sum(&one, &-one), Err(LeftOut), "its negative");
        assert_eq!(generator.x_of_sum(&one, &two), Ok(by_the_book(&one, &two, ProjectivePoint::GENERATOR)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_sum_is_what_the_curves_own_arithmetic_makes_of_it(g: [u8; 32], t: [u8; 32]) {
            let (g, t) = (scalar(g), scalar(t));
            prop_assert_eq!(TABLE.x_of_sum(&g, &t), Ok(by_the_book(&g, &t, point())));
        }
    }
}
