//! From a file as written to a policy that holds: every table answers everyone exactly once, bands touch, days ascend, every
//! row can be reached, every source exists and is used.

use super::{
    History, NATIONAL, National, Policy, PolicyError, PolicyFile, PolicyRow,
    everyone::{self, Answers},
    raw::{self, Columns, Group, Lacking, Selects, Version, Versions, named, snake},
    read::Lines,
};
use crate::{
    scheme::{
        Above, AccountRule, Adjustment, AmountRow, Band, Basis, Burden, Change, Citation, Cited, Confidence,
        Counted, CrossRegionRule, Deductible, DeductibleRow, Layer, LayerBasis, Limit, Origin, Period, Ratio,
        Recurrence, Row, Selector, SeveralDiseases, Source, Standing, Where, YearCrossing, YearEnd,
        statuses_of, yuan,
    },
    year::LayerName,
};
use std::{collections::BTreeMap, ops::Range, sync::Arc};
use terms::{
    AdminDivision, CareKind, Day, Fen, Fund, InsuranceScheme, MemberStatus, PoolingArea, Rate, Set,
    SettlementLevel,
};
use toml::Spanned;

/// Checks a file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn policy(path: &str, text: &str, file: &raw::File) -> Result<Policy, Vec<PolicyError>> {
    let mut checker = Checker {
        path,
        text,
        lines: Lines::of(text),
        scheme: InsuranceScheme::Employee,
        sources: BTreeMap::new(),
        rows: Vec::new(),
        errors: Vec::new(),
    };
    let policy = checker.policy(file);
    match policy {
        Some(policy) if checker.errors.is_empty() => Ok(policy),
        _ => Err(checker.errors),
    }
}

/// Checks what holds in every area that says nothing of its own. Where it is written, is no line of an area's file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn national(path: &str, text: &str, file: &raw::National) -> Result<National, Vec<PolicyError>> {
    let mut checker = Checker {
        path,
        text,
        lines: Lines::of(text),
        scheme: InsuranceScheme::Employee,
        sources: BTreeMap::new(),
        rows: Vec::new(),
        errors: Vec::new(),
    };
    let scheme = checker.scheme_named(&file.scheme);
    checker.list_sources(&file.source);
    let mut account = checker.history("个人账户", CareKind::Inpatient, &file.account, &mut Checker::account);
    checker.all_sources_used();
    for cited in account.iter_mut().filter_map(|(_, cited)| cited.as_mut()) {
        cited.value.origin.line = NATIONAL;
    }
    match scheme {
        Some(scheme) if checker.errors.is_empty() => Ok(National { scheme, account }),
        _ => Err(checker.errors),
    }
}

struct Checker<'a> {
    path: &'a str,
    text: &'a str,
    lines: Lines,
    scheme: InsuranceScheme,
    sources: BTreeMap<String, Listed>,
    rows: Vec<PolicyRow>,
    errors: Vec<PolicyError>,
}

struct Listed {
    source: Source,
    start: usize,
    is_used: bool,
}

/// The version that is being read.
struct Context {
    /// The group, in Chinese: `住院起付标准`.
    table: String,
    /// The kind of care that the group is of; of groups of the whole scheme the first.
    care: CareKind,
    start: usize,
    from: Day,
    citation: Arc<Citation>,
    /// The citations of rows that name their own source.
    others: Vec<Arc<Citation>>,
}

impl Checker<'_> {
    fn wrong(&mut self, offset: usize, message: impl Into<String>) {
        self.errors.push(PolicyError::at(self.path, self.lines.line(offset), message));
    }

    fn statuses(&self) -> &'static [MemberStatus] {
        statuses_of(self.scheme)
    }

    fn policy(&mut self, file: &raw::File) -> Option<Policy> {
        let area = self.area(&file.area);
        self.scheme = self.scheme_named(&file.scheme)?;
        let area = area?;
        let expected = format!("{area}/{}.toml", self.scheme.code());
        if !self.path.replace('\\', "/").ends_with(&expected) {
            let message =
                format!("the file says {expected}; give it that name, or correct `area` and `scheme`");
            self.wrong(file.area.span().start, message);
        }
        if file.name.get_ref().trim().is_empty() {
            self.wrong(file.name.span().start, "`name` is empty; write the area's Chinese name");
        }
        let year_starts = self.year_starts(file.year_starts.as_ref());
        self.list_sources(&file.source);
        let no_care = raw::Care::default();
        let cares = [
            (CareKind::Inpatient, "inpatient", Some(&file.inpatient)),
            (CareKind::Outpatient, "outpatient", file.outpatient.as_ref()),
            (CareKind::Chronic, "chronic", file.chronic.as_ref()),
            (CareKind::Pharmacy, "pharmacy", file.pharmacy.as_ref()),
        ];
        let mut plans: [super::Plans; CareKind::ALL.len()] = Default::default();
        for (care, key, written) in cares {
            plans[care as usize] = self.care(care, key, written.unwrap_or(&no_care), written.is_some());
        }
        let cross_region =
            self.history("异地就医", CareKind::Inpatient, &file.cross_region, &mut Self::cross_region);
        self.first_version("cross_region", &cross_region);
        self.rules_for_everyone(file, &plans, &cross_region);
        let layers = self.layers(&file.layer);
        let account = self.history("个人账户", CareKind::Inpatient, &file.account, &mut Self::account);
        let year_crossing =
            self.history("跨年度住院", CareKind::Inpatient, &file.year_crossing, &mut Self::year_crossing);
        self.all_sources_used();
        self.rows.sort_by_key(|row| row.line);
        let file = PolicyFile {
            path: self.path.to_owned(),
            area,
            name: file.name.get_ref().clone(),
            scheme: self.scheme,
            checked_on: file.checked_on.0,
            rows: std::mem::take(&mut self.rows),
        };
        Some(Policy { file, year_starts, plans, cross_region, layers, account, year_crossing })
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

    fn list_sources(&mut self, sources: &BTreeMap<String, Spanned<raw::SourceText>>) {
        for (key, written) in sources {
            let start = written.span().start;
            let raw::SourceText { title, number, link } = written.get_ref();
            if title.get_ref().trim().is_empty() {
                self.wrong(title.span().start, "`title` is empty; write the title of the notice or page");
            }
            let source = Source {
                key: key.clone(),
                title: title.get_ref().clone(),
                number: number.clone(),
                link: link.clone(),
            };
            self.sources.insert(key.clone(), Listed { source, start, is_used: false });
        }
    }

    fn all_sources_used(&mut self) {
        let unused =
            |(key, listed): (&String, &Listed)| (!listed.is_used).then(|| (key.clone(), listed.start));
        let unused: Vec<_> = self.sources.iter().filter_map(unused).collect();
        for (key, start) in unused {
            let message =
                format!("source `{key}` is used by nothing; name it where its values stand, or take it out");
            self.wrong(start, message);
        }
    }

    fn citation(
        &mut self,
        start: usize,
        key: &str,
        confidence: Confidence,
        from: Day,
    ) -> Option<Arc<Citation>> {
        if let Some(listed) = self.sources.get_mut(key) {
            listed.is_used = true;
            return Some(Arc::new(Citation::new(listed.source.clone(), confidence, from)));
        }
        let message =
            format!("source `{key}` is not listed; add `[source.{key}]` with title, number and link");
        self.wrong(start, message);
        None
    }

    // Versions.

    fn history<R: Group, T>(
        &mut self,
        table: &str,
        care: CareKind,
        versions: &Versions<R>,
        read: &mut impl FnMut(&mut Self, Said<'_, R>, &mut Context) -> T,
    ) -> History<T> {
        let mut history = History::new();
        for version in &versions.0 {
            self.version(&mut history, table, care, version, read);
        }
        history
    }

    fn version<R: Group, T>(
        &mut self,
        history: &mut History<T>,
        table: &str,
        care: CareKind,
        version: &Spanned<Version<R>>,
        read: &mut impl FnMut(&mut Self, Said<'_, R>, &mut Context) -> T,
    ) {
        let (start, dated) = (version.span().start, version.get_ref().dated());
        let from = dated.from();
        if let Some((last, _)) = history.last().filter(|(last, _)| *last >= from) {
            let message = format!(
                "`from` {from} is not after {last} of the version before; put versions in order of their days, and add, never edit"
            );
            self.wrong(start, message);
        }
        let Some(citation) = self.citation(start, dated.source(), dated.confidence(), from) else { return };
        let mut context = Context {
            table: table.to_owned(),
            care,
            start,
            from,
            citation: citation.clone(),
            others: Vec::new(),
        };
        let value = match version.get_ref() {
            Version::Values(values) => Some(read(self, Said::Values(values), &mut context)),
            Version::Missing(missing) => {
                let row = head_of(self.text, version.span());
                let origin = self.origin(row, None, None, Some(missing.what()), &mut context);
                Some(read(self, Said::Missing(missing, origin), &mut context))
            }
            Version::Ended(_) => {
                if history.last().is_none_or(|(_, value)| value.is_none()) {
                    self.wrong(
                        start,
                        "`ended` ends nothing; write it after a version with values, or take it out",
                    );
                }
                None
            }
        };
        history.push((from, value.map(|value| Cited { from, value, citation })));
    }

    fn first_version<T>(&mut self, name: &str, history: &History<T>) {
        if history.is_empty() && self.errors.is_empty() {
            self.wrong(0, format!("`{name}` has no version; add one `[[{name}]]` with its first day"));
        }
    }

    /// Where a row is written; remembers that there is such a row.
    fn origin(
        &mut self,
        span: Range<usize>,
        source: Option<&str>,
        confidence: Option<Confidence>,
        missing: Option<&str>,
        context: &mut Context,
    ) -> Origin {
        let line = u32::try_from(self.lines.line(span.start)).expect("a file of so many lines was read");
        let words = self.text.get(span.clone()).unwrap_or_default().split_whitespace();
        let text = words.collect::<Vec<_>>().join(" ");
        self.rows.push(PolicyRow { line, table: context.table.clone(), from: context.from, text });
        let citation = self.row_citation(span.start, source, confidence, context);
        Origin { line, citation, missing: missing.map(Into::into) }
    }

    fn row_citation(
        &mut self,
        start: usize,
        source: Option<&str>,
        confidence: Option<Confidence>,
        context: &mut Context,
    ) -> Arc<Citation> {
        let usual = &context.citation;
        let key = source.unwrap_or(&usual.source.key).to_owned();
        let confidence = confidence.unwrap_or(usual.confidence);
        let same = |one: &&Arc<Citation>| one.source.key == key && one.confidence == confidence;
        if let Some(found) = std::iter::once(usual).chain(&context.others).find(same) {
            return found.clone();
        }
        let Some(other) = self.citation(start, &key, confidence, context.from) else {
            return context.citation.clone();
        };
        context.others.push(other.clone());
        other
    }

    // Rows.

    /// Whom a row concerns, if that can be anyone.
    fn selector(&mut self, start: usize, mut who: Selector, statuses: Set<MemberStatus>) -> Selector {
        who.statuses = statuses;
        for (name, is_empty) in [
            ("age", is_nobody(who.age_from, who.age_below)),
            ("visit", is_nobody(who.visit_from, who.visit_below)),
            ("years", is_nobody(who.years_from, who.years_below)),
        ] {
            if is_empty {
                let message = format!("the row concerns nobody; write a `{name}_below` above `{name}_from`");
                self.wrong(start, message);
            }
        }
        if is_nobody(who.retired_from, who.retired_before) {
            self.wrong(start, "the row concerns nobody; write a `retired_before` after `retired_from`");
        }
        let asks_retirement = who.retired_from.is_some() || who.retired_before.is_some();
        if asks_retirement && who.statuses.iter().any(|status| status != MemberStatus::Retired) {
            self.wrong(start, "only a retired person has a day of retirement; write the value as `retired`");
        }
        let at_home = [Standing::Local, Standing::LongTermAtHome];
        let is_inside = at_home.iter().any(|one| who.standings.contains(*one));
        if who.inside_only && !who.standings.is_empty() && !is_inside {
            self.wrong(start, "no visit of these standings is inside the area; take out `inside_only` or correct `standings`");
        }
        who
    }

    /// A row as one value for each group of statuses; `None` where the row says that its value is missing.
    fn columns<R: Columns>(&mut self, start: usize, row: &R) -> Vec<(Selector, Option<R::Value>)> {
        let everyone: Set<MemberStatus> = self.statuses().iter().copied().collect();
        let mut values = Vec::new();
        for (status, name, value) in row.by_status() {
            let Some(value) = value else { continue };
            if !everyone.contains(status) {
                let message = format!(
                    "scheme {} has no `{name}`; write the columns of its own statuses, or `all`",
                    self.scheme.code()
                );
                self.wrong(start, message);
            }
            values.push((Set::only(status), Some(value)));
        }
        match row.all() {
            Some(value) if values.is_empty() => values.push((everyone, Some(value))),
            Some(_) => self.wrong(start, "`all` stands beside a status; write either `all` or the statuses"),
            None => {}
        }
        match row.missing() {
            Some(_) if values.is_empty() => values.push((self.missing_for(start, row, everyone), None)),
            Some(_) => self.wrong(start, "`missing` stands beside a value; write either one"),
            None if values.is_empty() => {
                self.wrong(start, "the row has no value; add `all`, or one column a status, or `missing`");
            }
            None => {}
        }
        if row.missing().is_none() && row.missing_for().is_some() {
            self.wrong(
                start,
                "`statuses` is for a row with `missing`; write the value in the columns of the statuses",
            );
        }
        let before = self.errors.len();
        let mut columns = Vec::new();
        for (statuses, value) in values {
            if self.errors.len() == before {
                columns.push((self.selector(start, row.who(), statuses), value));
            }
        }
        columns
    }

    /// The statuses for which a value is missing: all, unless the row names some of the scheme's own.
    fn missing_for<R: Columns>(
        &mut self,
        start: usize,
        row: &R,
        everyone: Set<MemberStatus>,
    ) -> Set<MemberStatus> {
        let named = row.missing_for().unwrap_or(everyone);
        if named.iter().any(|status| !everyone.contains(status)) {
            let message =
                format!("`statuses` names one that scheme {} has not; take it out", self.scheme.code());
            self.wrong(start, message);
        }
        named
    }

    fn row_origin<R: Selects>(&mut self, row: &Spanned<R>, context: &mut Context) -> Origin {
        let inner = row.get_ref();
        self.origin(row.span(), inner.source(), inner.confidence(), inner.missing(), context)
    }

    /// Asks a table about everyone, and says what is wrong and which rows nobody reaches.
    fn everyone<R: Row>(&mut self, start: usize, rows: &[R], wrong: impl Fn(&[&R]) -> Option<String>) {
        let Answers { wrong, reached } = everyone::ask(rows, self.statuses(), wrong);
        if let Some(what) = wrong {
            self.wrong(start, format!("{what}; let the rows answer everyone once"));
        }
        let unreached = rows.iter().zip(&reached).filter(|(_, reached)| !**reached);
        let lines: Vec<usize> = unreached.map(|(row, _)| row.origin().line as usize).collect();
        for line in lines {
            let is_said = self.errors.iter().any(|error| error.line == line);
            if !is_said {
                let message = "the row is never the answer for anyone, because others come in its place; take it out, or correct whom it concerns";
                self.errors.push(PolicyError::at(self.path, line, message));
            }
        }
    }

    fn at_most_once<R: Row>(&mut self, start: usize, rows: &[R]) {
        self.everyone(start, rows, |found| (found.len() > 1).then(|| "more than one row for".to_owned()));
    }

    // Deductible, ratio, cap.

    fn care(&mut self, care: CareKind, key: &str, written: &raw::Care, is_written: bool) -> super::Plans {
        let name = care.chinese();
        let deductible =
            self.history(&format!("{name}起付标准"), care, &written.deductible, &mut Self::deductible);
        let ratio = self.history(&format!("{name}支付比例"), care, &written.ratio, &mut Self::ratio);
        let cap = self.history(&format!("{name}最高支付限额"), care, &written.cap, &mut Self::cap);
        if is_written {
            self.first_version(&format!("{key}.ratio"), &ratio);
        }
        super::Plans { deductible, ratio, cap }
    }

    fn deductible(&mut self, said: Said<'_, raw::Deductible>, context: &mut Context) -> Deductible {
        let Context { start, care, .. } = *context;
        let raw = match said {
            Said::Values(raw) => raw,
            Said::Missing(_, origin) => return self.missing_deductible(origin),
        };
        let rows = raw.rows.0.iter().flat_map(|row| self.deductible_row(row, raw.recurs, context));
        let rows: Vec<DeductibleRow> = rows.collect();
        self.everyone(start, &rows, |found| match found {
            [_] => None,
            [] => Some("no row for".to_owned()),
            _ => Some("more than one row for".to_owned()),
        });
        let shared_with = named(raw.shared_with.as_ref());
        if shared_with.contains(care) {
            self.wrong(
                start,
                "`shared_with` names this kind of care itself, which always counts; take it out",
            );
        }
        Deductible {
            recurs: raw.recurs,
            shared_with,
            year_ceiling: raw.year_ceiling.map(|amount| amount.0),
            chinese_medicine_lower: raw.chinese_medicine_lower,
            again_after_days: raw.again_after_days.map(|days| days.0),
            after_transfer: raw.after_transfer.unwrap_or_default(),
            rows,
        }
    }

    fn missing_deductible(&self, origin: Origin) -> Deductible {
        let row = DeductibleRow {
            who: self.whole_scheme(),
            origin,
            amounts: vec![Fen::ZERO],
            lowered_by: Rate::NONE,
            floor: Fen::ZERO,
            share_of_total: Rate::NONE,
        };
        Deductible {
            recurs: Recurrence::EachAdmission,
            shared_with: Set::new(),
            year_ceiling: None,
            chinese_medicine_lower: false,
            again_after_days: None,
            after_transfer: crate::scheme::AfterTransfer::default(),
            rows: vec![row],
        }
    }

    fn whole_scheme(&self) -> Selector {
        Selector { statuses: self.statuses().iter().copied().collect(), ..Selector::default() }
    }

    fn deductible_row(
        &mut self,
        written: &Spanned<raw::DeductibleRow>,
        recurs: Recurrence,
        context: &mut Context,
    ) -> Vec<DeductibleRow> {
        let (start, row) = (written.span().start, written.get_ref());
        let origin = self.row_origin(written, context);
        let each = recurs == Recurrence::EachAdmission;
        if row.floor.is_some() && row.lowered_by.is_none() {
            self.wrong(start, "`floor` says nothing without `lowered_by`; add it, or take `floor` out");
        }
        if row.lowered_by.is_some() && !each {
            self.wrong(start, "`lowered_by` is of one admission after the other; write recurs = \"each_admission\", or take it out");
        }
        let columns = self.columns(start, row);
        if !each && columns.iter().any(|(_, amounts)| amounts.as_ref().is_some_and(|list| list.0.len() > 1)) {
            self.wrong(start, "a list is by admission; write one amount, or recurs = \"each_admission\"");
        }
        let value = |(who, amounts): (Selector, Option<raw::Amounts>)| DeductibleRow {
            who,
            origin: origin.clone(),
            amounts: amounts.map_or_else(|| vec![Fen::ZERO], |list| list.0),
            lowered_by: row.lowered_by.map(|rate| rate.0).unwrap_or_default(),
            floor: row.floor.map(|amount| amount.0).unwrap_or_default(),
            share_of_total: row.share_of_total.map(|rate| rate.0).unwrap_or_default(),
        };
        columns.into_iter().map(value).collect()
    }

    fn ratio(&mut self, said: Said<'_, raw::Ratio>, context: &mut Context) -> Ratio {
        let Context { start, care, .. } = *context;
        let raw = match said {
            Said::Values(raw) => raw,
            Said::Missing(_, origin) => {
                let bands = vec![self.missing_band(origin, self.scheme.pool())];
                return Ratio {
                    basis: Basis::Stay,
                    care: Set::only(care),
                    bands,
                    adjust: Vec::new(),
                    at_most: None,
                    rounding: terms::Rounding::default(),
                };
            }
        };
        let bands = self.bands(&raw.bands, self.scheme.pool(), context);
        self.everyone(start, &bands, |found| match lowest(found) {
            None => Some("no band for".to_owned()),
            Some(over) if !over.is_zero() => {
                Some("the lowest band does not begin at 0 (write `over = 0`) for".to_owned())
            }
            Some(_) => touching(found),
        });
        let by_year = matches!(raw.basis, Basis::Year | Basis::YearAboveDeductible);
        if raw.care.is_some() && !by_year {
            self.wrong(start, "`care` says which kinds of care count together in the year; take it out, or write a basis of the year");
        }
        Ratio {
            basis: raw.basis,
            care: self.together(raw.care.as_ref(), context),
            bands,
            adjust: self.adjustments(&raw.adjust, context),
            at_most: raw.at_most.map(|rate| rate.0),
            rounding: raw.rounding.unwrap_or_default(),
        }
    }

    /// The kinds of care that count together, this one among them.
    fn together(&mut self, written: Option<&raw::Words<CareKind>>, context: &Context) -> Set<CareKind> {
        let this = Set::only(context.care);
        let Some(written) = written else { return this };
        if !written.0.contains(context.care) {
            let message = format!("`care` lacks this kind of care itself; add \"{}\"", snake(&context.care));
            self.wrong(context.start, message);
        }
        written.0
    }

    fn missing_band(&self, origin: Origin, fund: Fund) -> Band {
        Band { who: self.whole_scheme(), origin, over: Fen::ZERO, to: None, rate: Rate::NONE, fund }
    }

    fn bands(&mut self, rows: &raw::Rows<raw::BandRow>, usual: Fund, context: &mut Context) -> Vec<Band> {
        let mut bands = Vec::new();
        for written in &rows.0 {
            let (start, row) = (written.span().start, written.get_ref());
            let origin = self.row_origin(written, context);
            let (over, to) = (row.over.0, row.to.map(|amount| amount.0));
            if to.is_some_and(|to| to <= over) {
                self.wrong(start, "the band ends before it begins; write a `to` above `over`, or none for a band without end");
            }
            let fund = row.fund.map_or(usual, |word| word.0);
            for (who, rate) in self.columns(start, row) {
                let rate = rate.map(|rate| rate.0).unwrap_or_default();
                bands.push(Band { who, origin: origin.clone(), over, to, rate, fund });
            }
        }
        bands.sort_by_key(|band| band.over);
        bands
    }

    fn adjustments(&mut self, rows: &raw::Rows<raw::AdjustRow>, context: &mut Context) -> Vec<Adjustment> {
        let mut adjustments = Vec::new();
        for written in &rows.0 {
            let (start, row) = (written.span().start, written.get_ref());
            let origin = self.row_origin(written, context);
            let values = [row.more, row.less, row.more_by_age, row.own_share_times];
            let has_value = values.iter().any(Option::is_some);
            if has_value == row.missing().is_some() {
                self.wrong(
                    start,
                    "write one of `more`, `less`, `more_by_age`, `own_share_times`, or else `missing`",
                );
            }
            let who = row.who();
            let everyone: Set<MemberStatus> = self.statuses().iter().copied().collect();
            if let Some(other) = who.statuses.iter().find(|status| !everyone.contains(*status)) {
                let message =
                    format!("scheme {} has no `{}`; take it out", self.scheme.code(), snake(&other));
                self.wrong(start, message);
            }
            let statuses = if who.statuses.is_empty() { everyone } else { who.statuses };
            let rate = |rate: Option<raw::Percent>| rate.map(|rate| rate.0).unwrap_or_default();
            adjustments.push(Adjustment {
                who: self.selector(start, who, statuses),
                origin,
                more: rate(row.more),
                less: rate(row.less),
                more_by_age: rate(row.more_by_age),
                own_share_times: row.own_share_times.map(|rate| rate.0),
            });
        }
        adjustments
    }

    fn cap(&mut self, said: Said<'_, raw::Cap>, context: &mut Context) -> Vec<Limit> {
        match said {
            Said::Values(raw) => raw.limits.0.iter().map(|limit| self.limit(limit, context)).collect(),
            Said::Missing(_, origin) => vec![Limit {
                counts: Counted::Paid(vec![self.scheme.pool()]),
                period: Period::Year,
                care: Set::only(context.care),
                several: SeveralDiseases::Each,
                rows: vec![AmountRow { who: self.whole_scheme(), origin, amount: Some(Fen::ZERO) }],
                above: None,
            }],
        }
    }

    fn limit(&mut self, written: &Spanned<raw::Limit>, context: &mut Context) -> Limit {
        let (start, limit) = (written.span().start, written.get_ref());
        let funds = limit.funds.as_ref().map(|funds| funds.0.iter().collect());
        let counts = match limit.counts {
            raw::Counts::InScope => Counted::InScope,
            raw::Counts::Divided => Counted::Divided,
            raw::Counts::Paid => Counted::Paid(funds.unwrap_or_else(|| vec![self.scheme.pool()])),
        };
        if limit.counts != raw::Counts::Paid && limit.funds.is_some() {
            self.wrong(start, "`funds` says whose payments count; take it out, or write counts = \"paid\"");
        }
        let is_chronic = context.care == CareKind::Chronic;
        let several = match (limit.several, limit.several_plus) {
            (Some(_), Some(_)) => {
                self.wrong(start, "`several_plus` is the highest limit and more; take out `several`");
                SeveralDiseases::Each
            }
            (_, Some(more)) => SeveralDiseases::HighestPlus(more.0),
            (Some(raw::Several::Highest), None) => SeveralDiseases::Highest,
            (Some(raw::Several::Sum), None) => SeveralDiseases::Sum,
            (Some(raw::Several::Each) | None, None) => SeveralDiseases::Each,
        };
        if !is_chronic && (limit.several.is_some() || limit.several_plus.is_some()) {
            self.wrong(start, "only limits of `chronic` are by disease; take out `several`");
        }
        let above = limit.above.as_ref();
        Limit {
            counts,
            period: limit.period.unwrap_or_default(),
            care: self.together(limit.care.as_ref(), context),
            several,
            rows: self.limit_rows(written, context),
            above: above.map(|above| Above { fund: above.fund.0, rate: above.rate.map(|rate| rate.0) }),
        }
    }

    fn limit_rows(&mut self, written: &Spanned<raw::Limit>, context: &mut Context) -> Vec<AmountRow> {
        let (span, limit) = (written.span(), written.get_ref());
        let start = span.start;
        let missing = limit.missing.as_ref().map(|text| text.0.as_str());
        let given = [limit.amount.is_some(), limit.rows.is_some(), missing.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            self.wrong(start, "write one of `amount` (for everyone), `rows`, and `missing`");
        }
        if let Some(rows) = &limit.rows {
            if limit.source.is_some() || limit.confidence.is_some() {
                self.wrong(
                    start,
                    "a limit with rows names source and confidence in its rows; put them there",
                );
            }
            let rows = self.amount_rows(rows, context);
            self.at_most_once(start, &rows);
            return rows;
        }
        let origin = self.origin(span, limit.source.as_deref(), limit.confidence, missing, context);
        let amount = Some(limit.amount.map(|amount| amount.0).unwrap_or_default());
        vec![AmountRow { who: self.whole_scheme(), origin, amount }]
    }

    fn amount_rows(&mut self, rows: &raw::Rows<raw::AmountRow>, context: &mut Context) -> Vec<AmountRow> {
        let mut amounts = Vec::new();
        for written in &rows.0 {
            let origin = self.row_origin(written, context);
            for (who, amount) in self.columns(written.span().start, written.get_ref()) {
                let amount = amount.map_or(Some(Fen::ZERO), |amount| amount.0);
                amounts.push(AmountRow { who, origin: origin.clone(), amount });
            }
        }
        amounts
    }

    // Layers, account, end of the year.

    fn layers(&mut self, versions: &Versions<raw::Layer>) -> Vec<(LayerName, History<Layer>)> {
        let mut layers: Vec<(LayerName, History<Layer>)> = Vec::new();
        for version in &versions.0 {
            let name = *match version.get_ref() {
                Version::Values(layer) => &layer.name,
                Version::Missing(layer) => &layer.name,
                Version::Ended(layer) => &layer.name,
            }
            .get_ref();
            if !layers.iter().any(|(known, _)| *known == name) {
                layers.push((name, History::new()));
            }
            let (_, history) = layers.iter_mut().find(|(known, _)| *known == name).expect("put in above");
            self.version(history, name.chinese(), CareKind::Inpatient, version, &mut Self::layer);
        }
        layers
    }

    fn layer(&mut self, said: Said<'_, raw::Layer>, context: &mut Context) -> Layer {
        let raw = match said {
            Said::Values(raw) => raw,
            Said::Missing(raw, origin) => {
                let name = *raw.name.get_ref();
                let fund = self.fund_of(name);
                return Layer {
                    bands: vec![self.missing_band(origin, fund)],
                    ..empty_layer(name, fund, layer_care(raw.care.as_ref()))
                };
            }
        };
        let start = context.start;
        let name = *raw.name.get_ref();
        let fund = raw.fund.map_or_else(|| self.fund_of(name), |word| word.0);
        let period = raw.period.unwrap_or_default();
        if !matches!(period, Period::Year | Period::Visit) {
            self.wrong(start, "a layer counts by \"year\" or by \"visit\"; write one of these");
        }
        let threshold = self.layer_amounts("threshold", raw.threshold.as_ref(), context);
        if threshold.iter().any(|row| row.amount.is_none()) {
            self.wrong(
                start,
                "a threshold cannot be \"unlimited\"; write an amount, or no row for those who have none",
            );
        }
        let basis = raw.basis.unwrap_or_default();
        if basis == LayerBasis::AboveThreshold && threshold.is_empty() {
            self.wrong(
                start,
                "basis = \"above_threshold\" needs a `threshold`; add it, or take the basis out",
            );
        }
        let bands = self.bands(&raw.bands, fund, context);
        if bands.iter().any(|band| band.fund != fund) {
            let message = format!(
                "a band of a layer is paid by the layer's fund, here {}; take out `fund` of the band, or correct that of the layer",
                snake(&fund)
            );
            self.wrong(start, message);
        }
        let may_begin_above = basis == LayerBasis::Absolute && threshold.is_empty();
        self.everyone(start, &bands, |found| match lowest(found) {
            Some(over) if !over.is_zero() && !may_begin_above => {
                Some("the lowest band does not begin at 0 (write `over = 0`, the threshold is taken off by itself) for".to_owned())
            }
            _ => touching(found),
        });
        let cap = self.layer_amounts("cap", raw.cap.as_ref(), context);
        let adjust = self.adjustments(&raw.adjust, context);
        Layer {
            counts: raw
                .counts
                .as_ref()
                .map_or_else(|| Burden::IN_SCOPE.into_iter().collect(), |words| words.0),
            period,
            threshold,
            basis,
            bands,
            adjust,
            at_most: raw.at_most.map(|rate| rate.0),
            cap,
            rounding: raw.rounding.unwrap_or_default(),
            ..empty_layer(name, fund, layer_care(raw.care.as_ref()))
        }
    }

    fn fund_of(&self, name: LayerName) -> Fund {
        match name {
            LayerName::Catastrophic if self.scheme == InsuranceScheme::Resident => Fund::ResidentCatastrophic,
            LayerName::LargeAmount | LayerName::Catastrophic => Fund::LargeAmount,
            LayerName::Supplement => Fund::EnterpriseSupplement,
            LayerName::CivilServant => Fund::CivilServant,
            LayerName::Aid | LayerName::FurtherAid => Fund::MedicalAid,
        }
    }

    fn layer_amounts(
        &mut self,
        key: &str,
        written: Option<&raw::AmountOrRows>,
        context: &mut Context,
    ) -> Vec<AmountRow> {
        match written {
            None => Vec::new(),
            Some(raw::AmountOrRows::Rows(rows)) => {
                let rows = self.amount_rows(rows, context);
                self.at_most_once(context.start, &rows);
                rows
            }
            Some(raw::AmountOrRows::Amount(amount)) => {
                let span = key_of(self.text, context.start, key);
                let origin = self.origin(span, None, None, None, context);
                vec![AmountRow { who: self.whole_scheme(), origin, amount: amount.0 }]
            }
        }
    }

    fn account(&mut self, said: Said<'_, raw::Account>, context: &mut Context) -> AccountRule {
        match said {
            Said::Values(raw) => AccountRule {
                care: raw.care.0,
                pays: raw.pays.0,
                family: raw.family,
                origin: self.version_origin(context),
            },
            Said::Missing(_, origin) => {
                AccountRule { care: Set::all(), pays: Set::new(), family: false, origin }
            }
        }
    }

    fn year_crossing(&mut self, said: Said<'_, raw::YearCrossing>, context: &mut Context) -> YearCrossing {
        match said {
            Said::Values(raw) => {
                if raw.by == YearEnd::Discharge && raw.second_deductible {
                    self.wrong(context.start, "by = \"discharge\" makes one admission; take out `second_deductible`, or write by = \"days\"");
                }
                let origin = self.version_origin(context);
                YearCrossing { by: raw.by, second_deductible: raw.second_deductible, origin }
            }
            Said::Missing(_, origin) => {
                YearCrossing { by: YearEnd::Discharge, second_deductible: false, origin }
            }
        }
    }

    fn version_origin(&mut self, context: &mut Context) -> Origin {
        let line_end =
            self.text[context.start..].find('\n').map_or(self.text.len(), |length| context.start + length);
        self.origin(context.start..line_end, None, None, None, context)
    }

    // Cross-region rules.

    fn cross_region(
        &mut self,
        said: Said<'_, raw::CrossRegion>,
        context: &mut Context,
    ) -> Vec<CrossRegionRule> {
        let raw = match said {
            Said::Values(raw) => raw,
            Said::Missing(_, origin) => {
                return vec![CrossRegionRule {
                    // A visit at home needs no such rule.
                    standings: Standing::RULED.into_iter().collect(),
                    care: Set::all(),
                    who: self.whole_scheme(),
                    within: Where::Anywhere,
                    places: Vec::new(),
                    change: Change::default(),
                    origin,
                }];
            }
        };
        let rules: Vec<_> = raw.rules.0.iter().map(|rule| self.rule(rule, context)).collect();
        for (place, rule) in rules.iter().enumerate() {
            let covered = |standing, care| {
                rules[..place].iter().any(|earlier| {
                    earlier.standings.contains(standing)
                        && earlier.care.contains(care)
                        && covers(earlier, rule)
                })
            };
            let never =
                rule.standings.iter().all(|standing| rule.care.iter().all(|care| covered(standing, care)));
            if never {
                self.wrong(
                    raw.rules.0[place].span().start,
                    "the rule is never reached, because earlier ones hold wherever it does; put it before them, or take it out",
                );
            }
        }
        rules
    }

    fn rule(&mut self, written: &Spanned<raw::Rule>, context: &mut Context) -> CrossRegionRule {
        let (start, rule) = (written.span().start, written.get_ref());
        let origin = self.row_origin(written, context);
        if rule.standings.0.contains(Standing::Local) {
            self.wrong(start, "no rule concerns `local`; take it out of `for`");
        }
        let percent = |rate: Option<raw::Percent>| rate.map(|rate| rate.0);
        let change = Change {
            refuse: rule.refuse.as_ref().map(|text| text.0.clone()),
            first_self_pay: percent(rule.first_self_pay),
            deductible: rule.deductible.map(|amount| amount.0),
            deductible_more: rule.deductible_more.map(|amount| amount.0),
            deductible_more_share: percent(rule.deductible_more_share),
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
        if rule.missing().is_some() && change != Change::default() {
            self.wrong(start, "`missing` stands beside a change; write either one");
        }
        let everyone = self.statuses().iter().copied().collect();
        CrossRegionRule {
            standings: rule.standings.0,
            care: rule.care.as_ref().map_or_else(Set::all, |care| care.0),
            who: self.selector(start, rule.who(), everyone),
            within: rule.within.unwrap_or_default(),
            places: rule.places.as_ref().map(|places| places.0.clone()).unwrap_or_default(),
            change,
            origin,
        }
    }

    /// For each standing and kind of care that has a benefit while a version holds, a rule must hold everywhere.
    fn rules_for_everyone(
        &mut self,
        file: &raw::File,
        plans: &[super::Plans; CareKind::ALL.len()],
        history: &History<Vec<CrossRegionRule>>,
    ) {
        if history.len() != file.cross_region.0.len() {
            return;
        }
        for (place, (from, cited)) in history.iter().enumerate() {
            let Some(Cited { value: rules, .. }) = cited else { continue };
            let start = file.cross_region.0[place].span().start;
            let until = history.get(place + 1).map(|(next, _)| *next);
            let cares = CareKind::ALL.iter().copied();
            let cares: Vec<_> =
                cares.filter(|care| holds_between(&plans[*care as usize].ratio, *from, until)).collect();
            self.rules_of_version(start, rules, &cares);
            for rule in rules {
                if !cares.is_empty() && !cares.iter().any(|care| rule.care.contains(*care)) {
                    let message = "no kind of care of the rule has a `ratio` at this time; correct `care`, or take the rule out";
                    self.errors.push(PolicyError::at(self.path, rule.origin.line as usize, message));
                }
            }
        }
    }

    fn rules_of_version(&mut self, start: usize, rules: &[CrossRegionRule], cares: &[CareKind]) {
        for standing in Standing::RULED {
            let lacks = |care: &&CareKind| {
                !rules.iter().any(|rule| rule.standings.contains(standing) && rule.is_general(**care))
            };
            let lacking: Vec<String> = cares.iter().filter(lacks).map(snake).collect();
            if !lacking.is_empty() {
                let message = format!(
                    "no rule holds everywhere for {} ({}) in {}; add a last rule for it without places and conditions",
                    standing.chinese(),
                    snake(&standing),
                    lacking.join(", ")
                );
                self.wrong(start, message);
            }
        }
    }
}

/// What a version gives to read.
enum Said<'r, R: Group> {
    Values(&'r R),
    Missing(&'r R::Missing, Origin),
}

fn empty_layer(name: LayerName, fund: Fund, care: Set<CareKind>) -> Layer {
    Layer {
        name,
        fund,
        care,
        counts: Burden::IN_SCOPE.into_iter().collect(),
        period: Period::Year,
        threshold: Vec::new(),
        basis: LayerBasis::default(),
        bands: Vec::new(),
        adjust: Vec::new(),
        at_most: None,
        cap: Vec::new(),
        rounding: terms::Rounding::default(),
    }
}

fn layer_care(written: Option<&raw::Words<CareKind>>) -> Set<CareKind> {
    written.map_or_else(|| [CareKind::Inpatient, CareKind::Chronic].into_iter().collect(), |words| words.0)
}

fn is_nobody<T: PartialOrd>(from: Option<T>, below: Option<T>) -> bool {
    from.zip(below).is_some_and(|(from, below)| below <= from)
}

fn lowest(bands: &[&Band]) -> Option<Fen> {
    bands.iter().map(|band| band.over).min()
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

/// Whether values are in force on some day from one day until before another.
fn holds_between<T>(history: &History<T>, from: Day, until: Option<Day>) -> bool {
    history.iter().enumerate().any(|(place, (begins, value))| {
        let ends = history.get(place + 1).map(|(next, _)| *next);
        value.is_some() && until.is_none_or(|until| *begins < until) && ends.is_none_or(|ends| ends > from)
    })
}

/// Whether a rule holds, of the visits of one standing and kind of care, wherever another does.
fn covers(wide: &CrossRegionRule, narrow: &CrossRegionRule) -> bool {
    let (a, b) = (&wide.who, &narrow.who);
    let lies_in = |place: &AdminDivision| wide.places.iter().any(|one| one.contains(*place));
    let places = wide.places.is_empty() || (!narrow.places.is_empty() && narrow.places.iter().all(lies_in));
    let diseases = a.diseases.is_empty()
        || (!b.diseases.is_empty() && b.diseases.iter().all(|disease| a.diseases.contains(disease)));
    (wide.within == Where::Anywhere || wide.within == narrow.within)
        && places
        && diseases
        && words_cover(levels_of(a), levels_of(b))
        && words_cover(a.tiers, b.tiers)
        && words_cover(a.classes, b.classes)
        && words_cover(a.marks, b.marks)
        && range_covers((a.age_from, a.age_below), (b.age_from, b.age_below))
        && range_covers((a.visit_from, a.visit_below), (b.visit_from, b.visit_below))
        && range_covers((a.years_from, a.years_below), (b.years_from, b.years_below))
        && range_covers((a.retired_from, a.retired_before), (b.retired_from, b.retired_before))
}

/// The levels that a rule holds at: those that it names and those that count as them nationally.
fn levels_of(who: &Selector) -> Set<SettlementLevel> {
    let holds =
        |level: &SettlementLevel| who.levels.contains(*level) || who.levels.contains(level.national());
    SettlementLevel::ALL.iter().copied().filter(holds).collect()
}

fn words_cover<T: terms::Listed>(wide: Set<T>, narrow: Set<T>) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|one| wide.contains(one)))
}

fn range_covers<T: PartialOrd>(wide: (Option<T>, Option<T>), narrow: (Option<T>, Option<T>)) -> bool {
    let from = wide.0.is_none_or(|wide| narrow.0.is_some_and(|narrow| narrow >= wide));
    from && wide.1.is_none_or(|wide| narrow.1.is_some_and(|narrow| narrow <= wide))
}

/// The first line of a version.
fn head_of(text: &str, span: Range<usize>) -> Range<usize> {
    let end = text[span.start..].find('\n').map_or(text.len(), |length| span.start + length);
    span.start..end
}

/// The line of a key in a version that begins somewhere.
fn key_of(text: &str, start: usize, key: &str) -> Range<usize> {
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')) {
            return at..at + line.trim_end().len();
        }
        at += line.len();
    }
    head_of(text, start..start)
}
