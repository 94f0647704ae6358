//! Amounts in Chinese capital numerals (人民币大写), as notices and vouchers carry them beside the figures (正确填写票据和结算凭证的
//! 基本规定, 支付结算办法附一).

use crate::money::Fen;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
/// The names of groups of four digits, from the lowest.
const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];

impl Fen {
    /// The amount in capital numerals, closed with 整 where it has no fen, so that nothing can be written behind it.
    ///
    /// ```
    /// # use terms::Fen;
    /// assert_eq!(Fen(1_640_902).capitals(), "壹万陆仟肆佰零玖元零贰分");
    /// assert_eq!(Fen::yuan(-107_000).capitals(), "负壹拾万零柒仟元整");
    /// ```
    pub fn capitals(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let (yuan, jiao, fen) = (magnitude / 100, digit(magnitude / 10), digit(magnitude));
        let mut text = String::new();
        if self.0 < 0 {
            text.push('负');
        }
        if yuan > 0 || magnitude == 0 {
            text += &whole(yuan);
            text.push('元');
        }
        match (jiao, fen) {
            (0, 0) => text.push('整'),
            (jiao, 0) => text.extend([DIGITS[jiao], '角', '整']),
            (0, fen) if yuan == 0 => text.extend([DIGITS[fen], '分']),
            (0, fen) => text.extend(['零', DIGITS[fen], '分']),
            (jiao, fen) => text.extend([DIGITS[jiao], '角', DIGITS[fen], '分']),
        }
        text
    }
}

fn digit(number: u64) -> usize {
    usize::try_from(number % 10).expect("a digit")
}

/// A whole number. Digits that are nothing are one 零 before the next that is something, and nothing at the end.
fn whole(number: u64) -> String {
    let mut text = String::new();
    let mut skipped = false;
    for (group, name) in GROUPS.iter().enumerate().rev() {
        let four = number / 10_000_u64.pow(u32::try_from(group).expect("five groups")) % 10_000;
        for (place, unit) in PLACES.iter().enumerate().rev() {
            let digit = digit(four / 10_u64.pow(u32::try_from(place).expect("four places")));
            if digit == 0 {
                skipped = true;
                continue;
            }
            if skipped && !text.is_empty() {
                text.push('零');
            }
            skipped = false;
            text.push(DIGITS[digit]);
            text += unit;
        }
        if four > 0 {
            text += name;
        }
    }
    if text.is_empty() { DIGITS[0].to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_as_a_table() {
        for (fen, capitals) in [
            (0, "零元整"),
            (5, "伍分"),
            (50, "伍角整"),
            (55, "伍角伍分"),
            (100, "壹元整"),
            (1_000, "壹拾元整"),
            (32_504, "叁佰贰拾伍元零肆分"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (600_714, "陆仟零柒元壹角肆分"),
            (168_032, "壹仟陆佰捌拾元叁角贰分"),
            (1_000_000, "壹万元整"),
            (1_000_100, "壹万零壹元整"),
            (10_001_000, "壹拾万零壹拾元整"),
            (10_700_053, "壹拾万零柒仟元伍角叁分"),
            (100_000_000_000, "壹拾亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (10_010_000_000, "壹亿零壹拾万元整"),
            (123_456_789_012, "壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分"),
            (100_000_000_000_000, "壹万亿元整"),
            (-1, "负壹分"),
        ] {
            assert_eq!(Fen(fen).capitals(), capitals, "{fen}");
        }
        assert!(Fen(i64::MAX).capitals().starts_with("玖亿亿贰仟贰佰叁拾叁万亿柒仟贰佰零叁亿"));
    }

    /// Read back by another rule than it is written by: the value of each digit times its place, group by group.
    #[test]
    fn capitals_say_the_amount() {
        fn read(text: &str) -> i64 {
            let (mut total, mut section, mut digit, mut sum) = (0_i64, 0_i64, 0_i64, 0_i64);
            for letter in text.chars() {
                match letter {
                    '拾' | '佰' | '仟' => {
                        section += digit
                            * [('拾', 10), ('佰', 100), ('仟', 1_000)]
                                .iter()
                                .find(|(name, _)| *name == letter)
                                .unwrap()
                                .1;
                        digit = 0;
                    }
                    '万' => {
                        sum += (section + digit) * 10_000;
                        (section, digit) = (0, 0);
                    }
                    '亿' => {
                        sum = (sum + section + digit) * 100_000_000;
                        (section, digit) = (0, 0);
                    }
                    '元' => {
                        total += (sum + section + digit) * 100;
                        (sum, section, digit) = (0, 0, 0);
                    }
                    '角' => total += std::mem::take(&mut digit) * 10,
                    '分' => total += std::mem::take(&mut digit),
                    '整' | '零' => {}
                    other => {
                        let value = DIGITS.iter().position(|known| *known == other).unwrap();
                        digit = i64::try_from(value).unwrap();
                    }
                }
            }
            total
        }
        let mut number = 7_u64;
        for round in 0..20_000 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Below ten thousand times a hundred million yuan, with many zeros in some of them.
            let plain = (number >> 20) % 100_000_000_000_000;
            let fen = if round % 2 == 0 { plain } else { plain / 1_000_000 * 1_000_000 + plain % 1_000 };
            let fen = i64::try_from(fen).unwrap();
            assert_eq!(read(&Fen(fen).capitals()), fen, "{}", Fen(fen).capitals());
        }
    }
}
