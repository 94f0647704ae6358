//! A policy of one day in Chinese words, as `yidi policy explain` prints it: every value with its first day and source.

use crate::scheme::{
    Band, Basis, Citation, Counted, Deductible, DeductibleRow, Limit, Recurrence, Scheme, Selector,
    statuses_of, yuan,
};
use std::fmt::Write;
use terms::{Day, Rate};

impl Scheme {
    /// The whole policy of the day in lines of text.
    pub fn explain(&self) -> String {
        let mut text = format!(
            "{}（{}）{}：本版自{}起，{}核对，医保年度自{}月{}日起\n",
            self.name,
            self.area,
            self.scheme,
            self.policy_day,
            self.checked_on,
            self.year_starts.0,
            self.year_starts.1
        );
        section(&mut text, "起付标准", self.deductible.from, &self.deductible.citation);
        self.deductible_lines(&mut text, &self.deductible.value);
        section(&mut text, "支付比例", self.ratio.from, &self.ratio.citation);
        line(
            &mut text,
            match self.ratio.value.basis {
                Basis::Stay => "各段按一次住院的符合范围费用计",
                Basis::Year => "各段按年度累计符合范围费用计",
            },
        );
        self.band_lines(&mut text, &self.ratio.value.bands);
        if let Some(cap) = &self.cap {
            section(&mut text, "最高支付限额", cap.from, &cap.citation);
            cap.value.iter().for_each(|limit| line(&mut text, &limit_words(limit)));
        }
        if let Some(catastrophic) = &self.catastrophic {
            section(&mut text, "大病保险", catastrophic.from, &catastrophic.citation);
            self.band_lines(&mut text, &catastrophic.value.bands);
            if let Some(cap) = catastrophic.value.cap {
                line(&mut text, &format!("年度限额{}元", yuan(cap)));
            }
        }
        section(&mut text, "跨省异地就医", self.cross_region.from, &self.cross_region.citation);
        for rule in &self.cross_region.value {
            let standings: Vec<&str> = rule.standings.iter().map(|one| one.chinese()).collect();
            let mut words = standings.join("、");
            for province in &rule.provinces {
                let _ = write!(words, " 就医地{province}");
            }
            for level in &rule.levels {
                let _ = write!(words, " {level}");
            }
            line(&mut text, &format!("{words}：{} —— {}", rule.change.words(), rule.citation));
        }
        text
    }

    fn deductible_lines(&self, text: &mut String, deductible: &Deductible) {
        line(
            text,
            match deductible.recurs {
                Recurrence::EachAdmission => "每次住院计一次",
                Recurrence::OnceAYear => "一个医保年度累计计一次",
            },
        );
        if deductible.chinese_medicine_lower {
            line(text, "中医医院降低一个等级");
        }
        if let Some(days) = deductible.again_after_days {
            line(text, &format!("住院每满{days}天再计一次"));
        }
        for row in &deductible.rows {
            line(text, &format!("{}：{}", self.who(&row.who), deductible_words(row)));
        }
    }

    fn band_lines(&self, text: &mut String, bands: &[Band]) {
        for band in bands {
            line(text, &format!("{} {} {} {}", band.range(), self.who(&band.who), band.rate, band.fund));
        }
    }

    fn who(&self, who: &Selector) -> String {
        let mut words: Vec<String> = who.levels.iter().map(ToString::to_string).collect();
        if words.is_empty() {
            words.push("各级".to_owned());
        }
        if who.statuses != statuses_of(self.scheme) {
            words.extend(who.statuses.iter().map(ToString::to_string));
        }
        words.extend(who.age_from.map(|age| format!("{age}岁及以上")));
        words.extend(who.age_below.map(|age| format!("{age}岁以下")));
        if who.inside_only {
            words.push("限统筹区内".to_owned());
        }
        words.join(" ")
    }
}

fn section(text: &mut String, name: &str, from: Day, citation: &Citation) {
    let _ = writeln!(text, "{name}（自{from}）—— {citation}");
}

fn line(text: &mut String, words: &str) {
    let _ = writeln!(text, "  {words}");
}

fn deductible_words(row: &DeductibleRow) -> String {
    let amounts: Vec<String> = row.amounts.iter().map(|amount| format!("{}元", yuan(*amount))).collect();
    let mut words = amounts.join("，再次");
    if row.lowered_by != Rate::NONE {
        let _ = write!(words, "，以后每次降低{}，不低于{}元", row.lowered_by, yuan(row.floor));
    }
    if row.share_of_total != Rate::NONE {
        let _ = write!(words, "，不低于总费用的{}", row.share_of_total);
    }
    words
}

fn limit_words(limit: &Limit) -> String {
    let counts = match &limit.counts {
        Counted::InScope => "符合范围费用（基金与个人合计）".to_owned(),
        Counted::Paid(funds) => funds.iter().map(ToString::to_string).collect::<Vec<_>>().join("与"),
    };
    let above = match &limit.above {
        None => "以上个人负担".to_owned(),
        Some(above) => match above.rate {
            Some(rate) => format!("以上{} {rate}", above.fund),
            None => format!("以上{}，比例不变", above.fund),
        },
    };
    format!("{counts} 年度{}元，{above}", yuan(limit.amount))
}
