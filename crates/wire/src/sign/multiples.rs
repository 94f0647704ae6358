//! Tables of the multiples of a point that is known long before it is multiplied: the curve's generator, a neighbour's
//! public key. With one a multiple is a sum of table entries, one for each digit of the factor, without a single doubling:
//! a signature is checked in a tenth, and made in a third, of the time that it takes without.
//!
//! The field's arithmetic is the sm2 crate's; here is only in which order points are added, in coordinates (`x = X/ZZ`,
//! `y = Y/ZZZ`) in which adding an entry costs ten multiplications. These formulas leave out the sum of a point with itself
//! or its negative.
//!
//! There are two walks through tables. [`Multiples`] is for factors that anybody may know: how long it takes depends on
//! them. There a sum that is left out, which chance does not bring about but the holder of the key could, is told to the
//! caller, who does it slowly. [`x_of_secret`] is for a factor that nobody may know: it does the same steps and reads the
//! same memory for every factor.

use sm2::{
    AffinePoint, ProjectivePoint, Scalar, Sm2,
    elliptic_curve::{
        BatchNormalize, Group, PrimeField,
        hazmat::FieldArithmetic,
        ops::Invert,
        point::AffineCoordinates,
        subtle::{Choice, ConditionallySelectable, ConstantTimeEq},
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

/// Digits of a secret factor, four bits each.
const NIBBLES: usize = 64;
/// Entries for one such digit: the odd multiples up to fifteen.
const ODD: usize = 8;

/// The generator's odd multiples: `(2·index + 1) · 16^place` of it at `place · ODD + index`.
static ODD_OF_GENERATOR: LazyLock<Box<[Entry]>> = LazyLock::new(|| {
    let mut points = Vec::with_capacity(NIBBLES * ODD);
    let mut unit = ProjectivePoint::GENERATOR;
    for _ in 0..NIBBLES {
        let twice = unit.double();
        let mut multiple = unit;
        for _ in 0..ODD {
            points.push(multiple);
            multiple += twice;
        }
        unit = twice.double().double().double();
    }
    entries(&points)
});

/// The coordinate x of `secret · G`, in the same time whatever the secret, which is not nought.
///
/// An odd factor `k` is the sum of `(2·n - 15) · 16^place`, where `n` are the nibbles of `(k - 1) / 2 + 2^255`: digits that
/// are all odd, so that none is nought and every place adds one of eight entries or its negative. An even factor is made
/// odd by taking it from the order, which turns the point over and leaves its x. No sum is one that the formulas leave out:
/// what lower places add up to is less than the unit of the next, but for the highest place, where it would take one of a
/// handful of factors.
pub(super) fn x_of_secret(secret: &Scalar) -> [u8; 32] {
    let odd = Scalar::conditional_select(&-*secret, secret, secret.is_odd());
    let mut bytes: [u8; 32] = odd.to_repr().into();
    // Halved: the lowest bit, which is one, goes, and the highest becomes one.
    let mut above = 1;
    for byte in &mut bytes {
        (*byte, above) = (*byte >> 1 | above << 7, *byte & 1);
    }
    let nibbles = bytes.iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
    let mut places = nibbles.zip(ODD_OF_GENERATOR.chunks_exact(ODD)).map(|(nibble, entries)| {
        let positive = nibble >> 3;
        // From 8 up the index is what is above 8, below it what is missing to 7.
        let index = (nibble ^ (positive.wrapping_sub(1) & 15)) & 7;
        pick(entries, index).turned(Choice::from(1 - positive))
    });
    let first = Sum::of(places.next().expect("there are places"));
    places.fold(first, |sum, entry| sum.plus_other(entry)).x_in_same_time()
}

/// One entry of some, having read all.
fn pick(entries: &[Entry], index: u8) -> Entry {
    let mut picked = entries[0];
    for (at, entry) in (0..).zip(entries) {
        let this = index.ct_eq(&at);
        picked.x.conditional_assign(&entry.x, this);
        picked.y.conditional_assign(&entry.y, this);
    }
    picked
}

/// Points as entries: their coordinates x and y.
fn entries(points: &[ProjectivePoint]) -> Box<[Entry]> {
    let affine = <ProjectivePoint as BatchNormalize<[ProjectivePoint]>>::batch_normalize(points);
    affine.iter().map(Entry::of).collect()
}

impl Entry {
    /// Its negative if so chosen.
    fn turned(self, turn: Choice) -> Self {
        Self { x: self.x, y: Field::conditional_select(&self.y, &-self.y, turn) }
    }

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

    /// With an entry that is neither.
    fn plus_other(&self, entry: Entry) -> Self {
        self.plus_apart(entry, entry.x * self.zz - self.x)
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

    fn x_in_same_time(&self) -> [u8; 32] {
        (self.x * inverse(self.zz)).to_repr().into()
    }
}

/// The inverse by Fermat: the power of the field's order less two, `2^256 - 2^224 - 2^96 + 2^64 - 3`. In binary that is 31
/// ones, a nought, 128 ones, 32 noughts, 62 ones, a nought and a one; a run of ones is made of shorter runs.
fn inverse(number: Field) -> Field {
    let squares = |number: Field, times: usize| (0..times).fold(number, |number, _| number.square());
    let run = |left: Field, shift: usize, right: Field| squares(left, shift) * right;
    let two = run(number, 1, number);
    let three = run(two, 1, number);
    let six = run(three, 3, three);
    let twelve = run(six, 6, six);
    let fifteen = run(twelve, 3, three);
    let thirty = run(fifteen, 15, fifteen);
    let thirty_one = run(thirty, 1, number);
    let thirty_two = run(thirty_one, 1, number);
    let mut power = run(thirty_one, 33, thirty_two);
    for _ in 0..3 {
        power = run(power, 32, thirty_two);
    }
    power = run(power, 64, thirty_two);
    power = run(power, 30, thirty);
    run(power, 2, number)
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
            if *g != Scalar::ZERO {
                assert_eq!(Some(x_of_secret(g)), by_the_book(g, &Scalar::ZERO, point()), "{g:?}");
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
        fn an_inverse_times_its_number_is_one(bytes: [u8; 32]) {
            let number = Field::from_repr(bytes.into()).into_option();
            prop_assume!(number.is_some_and(|number| number != Field::ZERO));
            prop_assert_eq!(number.map(|number| inverse(number) * number), Some(Field::ONE));
        }

        #[test]
        fn a_secret_multiple_is_what_the_curves_own_arithmetic_makes_of_it(secret: [u8; 32]) {
            let secret = scalar(secret);
            prop_assert_eq!(Some(x_of_secret(&secret)), by_the_book(&secret, &Scalar::ZERO, point()));
        }

        #[test]
        fn a_sum_is_what_the_curves_own_arithmetic_makes_of_it(g: [u8; 32], t: [u8; 32]) {
            let (g, t) = (scalar(g), scalar(t));
            prop_assert_eq!(TABLE.x_of_sum(&g, &t), Ok(by_the_book(&g, &t, point())));
        }
    }
}
