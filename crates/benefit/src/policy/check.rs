//! From a file as written to a policy that holds: every table answers everyone exactly once, bands touch, days ascend,
//! sources exist.

use super::{History, Policy, PolicyError, raw};
use crate::scheme::{
    Above, Asked, Band, Catastrophic, Change, Citation, Cited, Counted, CrossRegionRule, Deductible,
    DeductibleRow, Limit, Ratio, Row, Selector, Source, Standing, rows_for, statuses_of, yuan,
};
use std::collections::BTreeMap;
use terms::{
    AdminDivision, Day, Fund, InsuranceScheme, MemberStatus, PoolingArea, Province, SettlementLevel,
};
use toml::Spanned;

/// Reads one file.
pub fn policy(path: &str, text: &str) -> Result<Policy, Vec<PolicyError>> {
    let file: raw::File = toml::from_str(text).map_err(|error| vec![syntax(path, text, &error)])?;
    let mut reader = Reader {
        path,
        text,
        sources: BTreeMap::new(),
        scheme: InsuranceScheme::Employee,
        errors: Vec::new(),
    };
    let policy = reader.policy(file);
    match policy {
        Some(policy) if reader.errors.is_empty() => Ok(policy),
        _ => Err(reader.errors),
    }
}

fn syntax(path: &str, text: &str, error: &toml::de::Error) -> PolicyError {
    let said = error.message();
    let hint = if said.starts_with("missing field") {
        "; add it, docs/POLICY.md says what it holds"
    } else if said.starts_with("unknown field") {
        "; write one of these, or take the key out"
    } else {
        ""
    };
    let start = error.span().map_or(0, |span| span.start);
    PolicyError::at(path, line_of(text, start), format!("{}{hint}", said.replace('\n', " ")))
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    sources: BTreeMap<String, Source>,
    scheme: InsuranceScheme,
    errors: Vec<PolicyError>,
}

impl Reader<'_> {
    fn wrong(&mut self, offset: usize, message: impl Into<String>) {
        self.errors.push(PolicyError::at(self.path, line_of(self.text, offset), message));
    }

    fn policy(&mut self, file: raw::File) -> Option<Policy> {
        let area = self.area(&file.area)?;
        self.scheme = self.scheme_named(&file.scheme)?;
        let expected = format!("{area}/{}.toml", self.scheme.code());
        if !self.path.replace('\\', "/").ends_with(&expected) {
            let message =
                format!("the file says {expected}; give it that name, or correct `area` and `scheme`");
            self.wrong(file.area.span().start, message);
        }
        let year_starts = self.year_starts(file.year_starts.as_ref());
        for (key, mut source) in file.source {
            source.key.clone_from(&key);
            self.sources.insert(key, source);
        }
        let deductible = self.history(&file.deductible, Self::deductible);
        let ratio = self.history(&file.ratio, Self::ratio);
        let cap = self.history(&file.cap, Self::cap);
        let cross_region = self.history(&file.cross_region, Self::cross_region);
        let catastrophic = self.history(&file.catastrophic, Self::catastrophic);
        for (name, is_empty) in [
            ("deductible", deductible.is_empty()),
            ("ratio", ratio.is_empty()),
            ("cross_region", cross_region.is_empty()),
        ] {
            if is_empty {
                self.wrong(0, format!("`{name}` has no version; add one `[[{name}]]` with its first day"));
            }
        }
        Some(Policy {
            area,
            name: file.name,
            scheme: self.scheme,
            checked_on: file.checked_on.0,
            year_starts,
            deductible,
            ratio,
            cap,
            cross_region,
            catastrophic,
        })
    }

    fn area(&mut self, text: &Spanned<String>) -> Option<PoolingArea> {
        let area =
            text.get_ref().parse::<AdminDivision>().ok().filter(|one| one.pooling_area().division() == *one);
        if area.is_none() {
            let message = format!(
                "`{}` is not a pooling area; write its six digits, such as \"420100\"",
                text.get_ref()
            );
            self.wrong(text.span().start, message);
        }
        area.map(PoolingArea)
    }

    fn scheme_named(&mut self, text: &Spanned<String>) -> Option<InsuranceScheme> {
        let scheme = InsuranceScheme::ALL.iter().copied().find(|one| one.code() == text.get_ref());
        if scheme.is_none() {
            let message = format!("`{}` is not a scheme; write \"310\" or \"390\"", text.get_ref());
            self.wrong(text.span().start, message);
        }
        scheme
    }

    fn year_starts(&mut self, text: Option<&Spanned<String>>) -> (i8, i8) {
        let Some(text) = text else { return (1, 1) };
        // 2023 is no leap year: a year that begins on 29 February would not begin every year.
        if let Ok(day) = format!("2023-{}", text.get_ref()).parse::<Day>() {
            return (i8::try_from(day.month().number() % 100).expect("a month"), day.day_of_month());
        }
        let message = format!("`{}` is not a month and day; write it as \"07-01\"", text.get_ref());
        self.wrong(text.span().start, message);
        (1, 1)
    }

    fn history<R: raw::Dated, T>(
        &mut self,
        entries: &[Spanned<R>],
        read: impl Fn(&mut Self, &R, usize, &Citation) -> T,
    ) -> History<T> {
        let mut history: History<T> = Vec::new();
        for entry in entries {
            let (start, raw) = (entry.span().start, entry.get_ref());
            if let Some(last) = history.last().filter(|last| last.from >= raw.from()) {
                let message = format!(
                    "`from` {} is not after {} of the version before; put versions in order of their days, and add, never edit",
                    raw.from(),
                    last.from
                );
                self.wrong(start, message);
            }
            let Some(citation) = self.citation(start, raw.source(), raw.confidence()) else { continue };
            let value = read(self, raw, start, &citation);
            history.push(Cited { from: raw.from(), value, citation });
        }
        history
    }

    fn citation(
        &mut self,
        start: usize,
        key: &str,
        confidence: crate::scheme::Confidence,
    ) -> Option<Citation> {
        let found = self.sources.get(key).cloned();
        if found.is_none() {
            let message =
                format!("source `{key}` is not listed; add `[source.{key}]` with title, number and link");
            self.wrong(start, message);
        }
        found.map(|source| Citation { source, confidence })
    }

    fn deductible(&mut self, raw: &raw::Deductible, start: usize, _: &Citation) -> Deductible {
        let mut rows = Vec::new();
        for row in &raw.rows {
            for (who, amounts) in
                self.columns(row.span().start, &row.get_ref().limits(), row.get_ref().columns())
            {
                if amounts.is_empty() {
                    self.wrong(
                        row.span().start,
                        "the list of amounts is empty; write at least one, such as [800]",
                    );
                    continue;
                }
                let row = row.get_ref();
                rows.push(DeductibleRow {
                    who,
                    amounts: amounts.iter().map(|amount| amount.0).collect(),
                    lowered_by: row.lowered_by.map(|rate| rate.0).unwrap_or_default(),
                    floor: row.floor.map(|amount| amount.0).unwrap_or_default(),
                    share_of_total: row.share_of_total.map(|rate| rate.0).unwrap_or_default(),
                });
            }
        }
        self.everyone(start, &rows, |found| match found {
            [_] => None,
            [] => Some("no row for".to_owned()),
            _ => Some("more than one row for".to_owned()),
        });
        if raw.again_after_days == Some(0) {
            self.wrong(
                start,
                "`again_after_days` is 0; write the number of days, such as 90, or take it out",
            );
        }
        Deductible {
            recurs: raw.recurs,
            chinese_medicine_lower: raw.chinese_medicine_lower,
            again_after_days: raw.again_after_days.filter(|days| *days > 0).map(i32::from),
            rows,
        }
    }

    fn ratio(&mut self, raw: &raw::Ratio, start: usize, _: &Citation) -> Ratio {
        let bands = self.bands(&raw.bands, self.scheme.pool());
        self.everyone(start, &bands, |found| match found.first() {
            None => Some("no band for".to_owned()),
            Some(lowest) if !lowest.over.is_zero() => {
                Some("the lowest band does not begin at 0 (write `over = 0`) for".to_owned())
            }
            Some(_) => touching(found),
        });
        Ratio { basis: raw.basis, bands }
    }

    fn catastrophic(&mut self, raw: &raw::Catastrophic, start: usize, _: &Citation) -> Catastrophic {
        let bands = self.bands(&raw.bands, Fund::ResidentCatastrophic);
        let resident = self.scheme == InsuranceScheme::Resident;
        if !resident || bands.iter().any(|band| band.fund != Fund::ResidentCatastrophic) {
            self.wrong(start, "only scheme 390 has 大病保险, paid by `resident_catastrophic`; write a layer of 310 as `above` of a cap");
        }
        self.everyone(start, &bands, touching);
        Catastrophic { bands, cap: raw.cap.map(|amount| amount.0) }
    }

    fn bands(&mut self, rows: &[Spanned<raw::BandRow>], usual: Fund) -> Vec<Band> {
        let mut bands = Vec::new();
        for row in rows {
            let (start, row) = (row.span().start, row.get_ref());
            let (over, to) = (row.over.0, row.to.map(|amount| amount.0));
            if to.is_some_and(|to| to <= over) {
                self.wrong(start, "the band ends before it begins; write a `to` above `over`, or none for a band without end");
            }
            for (who, rate) in self.columns(start, &row.limits(), row.columns()) {
                bands.push(Band { who, over, to, rate: rate.0, fund: row.fund.unwrap_or(usual) });
            }
        }
        bands.sort_by_key(|band| band.over);
        bands
    }

    fn cap(&mut self, raw: &raw::Cap, _: usize, _: &Citation) -> Vec<Limit> {
        let mut limits = Vec::new();
        for limit in &raw.limits {
            let (start, limit) = (limit.span().start, limit.get_ref());
            let counts = match limit.counts {
                raw::Counts::InScope => Counted::InScope,
                raw::Counts::Paid if limit.funds.is_empty() => Counted::Paid(vec![self.scheme.pool()]),
                raw::Counts::Paid => Counted::Paid(limit.funds.clone()),
            };
            if limit.counts == raw::Counts::InScope && !limit.funds.is_empty() {
                self.wrong(
                    start,
                    "`funds` says whose payments count; take it out, or write counts = \"paid\"",
                );
            }
            let above = limit.above.as_ref();
            let above = above.map(|above| Above { fund: above.fund, rate: above.rate.map(|rate| rate.0) });
            limits.push(Limit { counts, amount: limit.amount.0, above });
        }
        limits
    }

    fn cross_region(
        &mut self,
        raw: &raw::CrossRegion,
        start: usize,
        citation: &Citation,
    ) -> Vec<CrossRegionRule> {
        let rules: Vec<_> = raw.rules.iter().filter_map(|rule| self.rule(rule, citation)).collect();
        for standing in Standing::ALL {
            let everywhere = |rule: &&CrossRegionRule| {
                rule.standings.contains(&standing) && rule.levels.is_empty() && rule.provinces.is_empty()
            };
            if rules.iter().find(everywhere).is_none() {
                let message = format!(
                    "no rule holds everywhere for {} ({standing:?}); add a last rule for it without `levels` and `provinces`",
                    standing.chinese()
                );
                self.wrong(start, message);
            }
        }
        rules
    }

    fn rule(&mut self, rule: &Spanned<raw::Rule>, usual: &Citation) -> Option<CrossRegionRule> {
        let (start, rule) = (rule.span().start, rule.get_ref());
        if rule.standings.is_empty() {
            self.wrong(start, "`for` is empty; write whom the rule is for, such as for = [\"referral\"]");
        }
        let mut provinces = Vec::new();
        for text in &rule.provinces {
            match text.parse::<Province>() {
                Ok(province) => provinces.push(province),
                Err(_) => self
                    .wrong(start, format!("`{text}` is not a province; write six digits such as \"120000\"")),
            }
        }
        let mut citation = usual.clone();
        if let Some(key) = &rule.source {
            citation = self.citation(start, key, usual.confidence)?;
        }
        citation.confidence = rule.confidence.unwrap_or(citation.confidence);
        let percent = |rate: Option<raw::Percent>| rate.map(|rate| rate.0);
        let change = Change {
            refuse: rule.refuse.clone(),
            first_self_pay: percent(rule.first_self_pay),
            deductible: rule.deductible.map(|amount| amount.0),
            ratio: percent(rule.ratio),
            factor: percent(rule.factor),
            ratio_less: percent(rule.ratio_less),
            own_share_more: percent(rule.own_share_more),
            ratio_at_least: percent(rule.ratio_at_least),
        };
        let others = Change { refuse: None, ..change.clone() };
        if change.refuse.is_some() && others != Change::default() {
            self.wrong(start, "a rule that refuses pays nothing; take out its other changes");
        }
        Some(CrossRegionRule {
            standings: rule.standings.clone(),
            levels: rule.levels.clone(),
            provinces,
            change,
            citation,
        })
    }

    fn columns<T: Clone>(
        &mut self,
        start: usize,
        limits: &raw::Limits,
        columns: raw::Columns<T>,
    ) -> Vec<(Selector, T)> {
        let selector = |statuses: &[MemberStatus]| Selector {
            levels: limits.levels.clone(),
            statuses: statuses.to_vec(),
            age_from: limits.age_from.map(i16::from),
            age_below: limits.age_below.map(i16::from),
            inside_only: limits.inside_only,
        };
        let statuses = statuses_of(self.scheme);
        let mut found = Vec::new();
        for (status, value) in [
            (MemberStatus::Employed, columns.employed),
            (MemberStatus::Retired, columns.retired),
            (MemberStatus::Minor, columns.minor),
            (MemberStatus::Adult, columns.adult),
            (MemberStatus::Elderly, columns.elderly),
        ] {
            let Some(value) = value else { continue };
            if !statuses.contains(&status) {
                let message = format!(
                    "scheme {} has no `{status:?}`; write the columns of its own statuses, or `all`",
                    self.scheme.code()
                );
                self.wrong(start, message);
            }
            found.push((selector(&[status]), value));
        }
        match columns.all {
            Some(value) if found.is_empty() => found.push((selector(statuses), value)),
            Some(_) => self.wrong(start, "`all` stands beside a status; write either `all` or the statuses"),
            None if found.is_empty() => {
                self.wrong(start, "the row has no value; add `all`, or one column a status");
            }
            None => {}
        }
        found
    }

    /// Asks a table about everyone there can be, and says once what is wrong.
    fn everyone<R: Row>(&mut self, start: usize, rows: &[R], wrong: impl Fn(&[&R]) -> Option<String>) {
        let mut ages: Vec<i16> = vec![0];
        ages.extend(rows.iter().flat_map(|row| [row.who().age_from, row.who().age_below]).flatten());
        for &level in SettlementLevel::ALL {
            for &status in statuses_of(self.scheme) {
                for &age in &ages {
                    for inside in [false, true] {
                        let asked = Asked { level, status, age, inside };
                        if let Some(message) = wrong(&rows_for(rows, asked)) {
                            let place = if inside { "inside" } else { "outside" };
                            let message = format!(
                                "{message} {level:?}, {status:?}, age {age}, {place} the area; let the rows answer everyone once"
                            );
                            return self.wrong(start, message);
                        }
                    }
                }
            }
        }
    }
}

/// Bands in order must touch: no gap, no overlap, nothing after one without end.
fn touching(bands: &[&Band]) -> Option<String> {
    bands.windows(2).find_map(|pair| {
        let (lower, upper) = (pair[0], pair[1]);
        let words = match lower.to {
            None => format!("a band without end is followed by one over {}", yuan(upper.over)),
            Some(to) if to > upper.over => {
                format!("bands overlap between {} and {}", yuan(upper.over), yuan(to))
            }
            Some(to) if to < upper.over => format!("no band between {} and {}", yuan(to), yuan(upper.over)),
            Some(_) => return None,
        };
        Some(format!("{words} for"))
    })
}
