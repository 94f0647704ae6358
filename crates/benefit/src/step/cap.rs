//! 最高支付限额: cuts the portions where a limit is reached, and hands what is beyond it to the layer above.

use super::{By, Portion, Worksheet};
use crate::{
    scheme::{Above, Asked, Burden, Counted, Limit, Origin, SeveralDiseases, select, yuan},
    year::Measure,
};
use std::fmt::Write;
use terms::{DiseaseCode, Fen, Fund, Rate, Refusal, Rounding};

const NAME: &str = "最高支付限额";

/// Applies every limit in the order of the file, so that a later one can limit the layer above an earlier one.
///
/// # Errors
/// [`Refusal::PolicyValueMissing`] where a limit stands for a value that the area has not supplied.
pub fn limit<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) -> Result<(), Refusal> {
    let Some(cited) = &sheet.plan.cap else { return Ok(()) };
    for limit in &cited.value {
        let Some((amount, origin)) = amount_of(sheet, limit)? else { continue };
        let room = (amount - used(sheet, limit)).or_zero();
        let portions = std::mem::take(&mut sheet.portions);
        let done = Vec::with_capacity(portions.len() + 2);
        let rounding = sheet.plan.ratio.value.rounding;
        let exact = [0; Fund::ALL.len()];
        let mut cut = Cut::<TRACE> { limit, amount, room, rounding, exact, origin, reached: false, done };
        for part in portions {
            match &limit.counts {
                Counted::Paid(funds) => cut.by_payment(part, funds),
                Counted::InScope | Counted::Divided => cut.by_cost(part),
            }
        }
        let reached = cut.reached;
        sheet.portions = cut.done;
        if reached {
            sheet.rely_on(origin, NAME);
        }
    }
    Ok(())
}

/// Makes the payments that the limits left. Shares are rounded once for each fund: each line is what the sum grows by.
pub fn pay<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) {
    let rounding = sheet.plan.ratio.value.rounding;
    let mut exact = [0i64; Fund::ALL.len()];
    for portion in std::mem::take(&mut sheet.portions) {
        let Some(fund) = portion.fund else {
            sheet.bear(portion.burden, portion.amount);
            sheet
                .note("超限额个人负担", (portion.amount, Fen::ZERO), portion.by, || portion.parameter);
            continue;
        };
        let before = exact[fund as usize];
        let sum = before.checked_add(portion.exact).expect("the shares of a bill are far below this");
        exact[fund as usize] = sum;
        let share = rounding.ten_thousandths(sum) - rounding.ten_thousandths(before);
        sheet.pay(fund, share);
        sheet.bear(portion.burden, portion.amount - share);
        let step = match fund {
            fund if fund == sheet.scheme.scheme.pool() => "统筹基金支付",
            Fund::LargeAmount => "大额医疗费用补助支付",
            _ => "补充基金支付",
        };
        let by = portion.by.rounded(rounding).paid_by(fund);
        sheet.note(step, (portion.amount, share), by, || portion.parameter);
    }
}

/// The disease by which a limit is counted apart.
pub fn disease_of(limit: &Limit, asked: &Asked<'_>) -> Option<DiseaseCode> {
    let by_disease = limit.rows.iter().any(|row| !row.who.diseases.is_empty());
    asked.disease.filter(|_| by_disease && limit.several == SeveralDiseases::Each)
}

/// What the limit is for this person; `None` if they have none.
fn amount_of<'a, const TRACE: bool>(
    sheet: &mut Worksheet<'a, TRACE>,
    limit: &'a Limit,
) -> Result<Option<(Fen, &'a Origin)>, Refusal> {
    let registered = match &sheet.case.member.diseases {
        none if none.is_empty() => &sheet.case.bill.diseases,
        some => some,
    };
    if limit.several == SeveralDiseases::Each || registered.len() < 2 {
        return amount_for(sheet, limit, sheet.asked.disease);
    }
    let mut amounts = Vec::new();
    for disease in registered {
        amounts.extend(amount_for(sheet, limit, Some(*disease))?);
    }
    let Some((highest, origin)) = amounts.iter().copied().max_by_key(|(amount, _)| *amount) else {
        return Ok(None);
    };
    let further = i64::try_from(amounts.len() - 1).expect("the diseases of one person");
    let amount = match limit.several {
        SeveralDiseases::Each | SeveralDiseases::Highest => highest,
        SeveralDiseases::Sum => amounts.iter().map(|(amount, _)| *amount).sum(),
        SeveralDiseases::HighestPlus(more) => highest + Fen(more.0 * further),
    };
    Ok(Some((amount, origin)))
}

fn amount_for<'a, const TRACE: bool>(
    sheet: &mut Worksheet<'a, TRACE>,
    limit: &'a Limit,
    disease: Option<DiseaseCode>,
) -> Result<Option<(Fen, &'a Origin)>, Refusal> {
    let asked = Asked { disease, ..sheet.asked };
    let Some(row) = select(&limit.rows, &asked)?.first() else { return Ok(None) };
    sheet.look_at(&row.origin)?;
    Ok(row.amount.map(|amount| (amount, &row.origin)))
}

/// What of the limit was used before this visit; for a limit on costs also what of this visit lies below its portions.
fn used<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>, limit: &Limit) -> Fen {
    let below = match limit.counts {
        Counted::InScope => sheet.split.in_scope - sheet.portions.iter().map(|part| part.amount).sum(),
        Counted::Paid(_) | Counted::Divided => Fen::ZERO,
    };
    let Some(window) = sheet.window(limit.period) else { return below };
    let disease = disease_of(limit, &sheet.asked);
    let before = match &limit.counts {
        Counted::Paid(funds) => funds
            .iter()
            .map(|fund| sheet.counted(limit.care, window, disease, Measure::Paid(*fund)))
            .sum::<Fen>(),
        Counted::InScope => sheet.counted(limit.care, window, disease, Measure::InScope),
        Counted::Divided => sheet.counted(limit.care, window, disease, Measure::Divided),
    };
    before.or_zero() + below
}

/// The portions as they are cut by one limit, from the lowest.
struct Cut<'a, const TRACE: bool> {
    limit: &'a Limit,
    amount: Fen,
    /// What is left of the limit before this visit; for costs also what is left at this portion.
    room: Fen,
    rounding: Rounding,
    /// What each fund pays of the portions so far, in ten-thousandths of a fen.
    exact: [i64; Fund::ALL.len()],
    origin: &'a Origin,
    /// Whether anything lies beyond it.
    reached: bool,
    done: Vec<Portion<'a>>,
}

impl<'a, const TRACE: bool> Cut<'a, TRACE> {
    /// What these funds may still pay is used up from the lowest portion.
    fn by_payment(&mut self, mut part: Portion<'a>, funds: &[Fund]) {
        if !part.fund.is_some_and(|fund| funds.contains(&fund)) {
            return self.done.push(part);
        }
        let fund = part.fund.expect("it is one of those that count");
        let room = self.room_of(fund, funds);
        if part.exact <= room {
            self.exact[fund as usize] += part.exact;
            return self.done.push(part);
        }
        let below = amount_that_pays(room, part.rate).at_most(part.amount);
        let beyond = self.beyond(part.amount - below, part.rate);
        if !below.is_zero() {
            part.amount = below;
            part.exact = room;
            self.mark(&mut part);
            self.done.push(part);
        }
        self.exact[fund as usize] += room;
        self.done.push(beyond);
    }

    /// What a fund may still pay, in ten-thousandths of a fen: the limit is reached to the fen, and never passed, though each
    /// fund that counts is rounded by itself.
    fn room_of(&self, fund: Fund, funds: &[Fund]) -> i64 {
        let others: Fen = funds
            .iter()
            .filter(|other| **other != fund)
            .map(|other| self.rounding.ten_thousandths(self.exact[*other as usize]))
            .sum();
        (Portion::share((self.room - others).or_zero(), Rate::WHOLE) - self.exact[fund as usize]).max(0)
    }

    /// What the costs have left below the limit is used up from the lowest portion.
    fn by_cost(&mut self, mut part: Portion<'a>) {
        let below = part.amount.at_most(self.room);
        let beyond = part.amount - below;
        self.room -= below;
        if beyond.is_zero() {
            return self.done.push(part);
        }
        let beyond = self.beyond(beyond, part.rate);
        if !below.is_zero() {
            part.exact = part.exact.min(Portion::share(below, part.rate));
            part.amount = below;
            self.mark(&mut part);
            self.done.push(part);
        }
        self.done.push(beyond);
    }

    fn mark(&self, part: &mut Portion<'_>) {
        if TRACE {
            let _ = write!(part.parameter, "，至{}", self.words());
        }
    }

    fn words(&self) -> String {
        format!("{}限额{}元", self.limit.period.chinese(), yuan(self.amount))
    }

    fn beyond(&mut self, amount: Fen, rate_below: Rate) -> Portion<'a> {
        self.reached = true;
        let by = By::policy(&self.origin.citation);
        let text = |words: &dyn Fn() -> String| if TRACE { words() } else { String::new() };
        match &self.limit.above {
            Some(Above { fund, rate }) => {
                let rate = rate.unwrap_or(rate_below);
                Portion {
                    parameter: text(&|| format!("{}以上 {fund} {rate}", self.words())),
                    amount,
                    rate,
                    fund: Some(*fund),
                    exact: Portion::share(amount, rate),
                    burden: Burden::OwnShare,
                    by,
                }
            }
            None => Portion {
                parameter: text(&|| format!("{}以上，个人负担", self.words())),
                amount,
                rate: Rate::NONE,
                fund: None,
                exact: 0,
                burden: Burden::BeyondCap,
                by,
            },
        }
    }
}

/// The least amount of which a share of `rate` reaches a payment in ten-thousandths of a fen.
fn amount_that_pays(payment: i64, rate: Rate) -> Fen {
    let rate = i64::from(rate.as_permyriad().max(1));
    Fen((payment + rate - 1) / rate)
}
