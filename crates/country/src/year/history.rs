//! The history of a country that runs: the months of a [year](super) grown in it behind whoever looks on, from the day that its clock
//! shows up to today, and a little care every few seconds from then on. Stays, outpatient bills and purchases are as frequent as the country's statistics
//! say. What is due after today is left to whoever sits there.

use super::{Deed, Figures, Say, Year, care::Mix, land};
use crate::{
    hospital::Patient,
    people::AREAS,
    world::{Options, Trouble, World},
};
use terms::{AdminDivision, Day, Month};

/// So many people of each area and scheme live elsewhere.
const PEOPLE_EACH: u32 = 6;
/// On so many of the last days somebody is treated every day.
const LAST_DAYS: i32 = 7;

/// Sees to it that a world that is yet to start can have a history up to this day: with all provinces, on the first of January, of the
/// year before if the year is young.
pub fn begin(options: &mut Options, today: Day) {
    let year = if today.month().number() % 100 < YOUNG { today.year() - 1 } else { today.year() };
    let january = Day::new(year, 1, 1).expect("a day");
    options.provinces =
        land::PROVINCES.into_iter().filter_map(AdminDivision::new).map(AdminDivision::province).collect();
    options.days_behind = january.days_until(today).into();
    options.connections = 4;
}

/// Before this month, a year has too little to show.
const YOUNG: i32 = 5;

/// A world with a history.
pub struct History<'s> {
    year: Year<'s>,
    months: Vec<Month>,
}

impl<'s> History<'s> {
    /// Of a world whose clock is behind, and whose nodes are managed with this token: up to the day `today`.
    ///
    /// # Panics
    /// If today is before the day that the world's clock shows.
    pub fn of(world: World, token: &str, today: Day, settlements_a_month: usize, say: Say<'s>) -> Self {
        let mut year = Year::over(world, token.to_owned(), say, (1, settlements_a_month));
        let begins = year.today();
        assert!(begins <= today, "{begins} is after {today}");
        year.until = Some(today);
        year.mix = Mix::AsCounted;
        let mut months = vec![begins.month()];
        while months.last().is_some_and(|last| last.next() <= today.month()) {
            months.extend(months.last().map(|last| last.next()));
        }
        Self { year, months }
    }

    /// How many months it has.
    pub fn months(&self) -> usize {
        self.months.len()
    }

    /// Grows it; `begins` is told of each month that begins, and of what was counted before.
    ///
    /// # Errors
    /// What made it impossible to go on.
    pub async fn grow(&mut self, begins: &(dyn Fn(Month, &Figures) + Sync)) -> Result<(), Trouble> {
        self.year.build(PEOPLE_EACH).await?;
        self.year.build_pharmacies().await?;
        self.year.plan(&self.months);
        let today = self.year.until.expect("it was made with a last day");
        self.year.plan_affairs(&self.months, today);
        for before in 0..LAST_DAYS {
            self.year.at(today.plus_days(-before), Deed::Settle);
        }
        // What the first days of the year would have had is done on the day on which it begins.
        let begun = self.year.today();
        let later = self.year.agenda.split_off(&begun);
        for (_, deeds) in std::mem::replace(&mut self.year.agenda, later) {
            self.year.agenda.entry(begun).or_default().extend(deeds);
        }
        self.year.days(begins).await?;
        self.year.go_to(today)?;
        self.year.wait_until(self.year.now_outside());
        Ok(())
    }

    /// What of it could not be done, in Chinese sentences; empty if all went well.
    pub fn failed(&self) -> &[String] {
        &self.year.failed
    }

    /// Of those who live elsewhere and are insured where consoles have people ([`AREAS`]) the one with the most settlements: somebody to
    /// open the portal with.
    pub fn somebody(&self) -> Option<&Patient> {
        let of_area = |route: &usize| AREAS.contains(&self.year.routes[*route].area);
        let most = (0..self.year.routes.len()).filter(of_area).max_by_key(|route| {
            let settled = self.year.made.iter().filter(|made| made.route == *route && made.standing).count();
            (settled, std::cmp::Reverse(*route))
        });
        most.map(|route| &self.year.routes[route].patient)
    }

    /// Somebody is treated and settles.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn settle_one(&mut self) -> Result<(), Trouble> {
        self.year.settle_somebody().await
    }

    /// What was counted.
    pub fn figures(&self) -> Figures {
        self.year.figures
    }

    /// The world.
    pub fn world(&self) -> &World {
        &self.year.world
    }

    /// The world, which goes on without it.
    pub fn into_world(self) -> World {
        self.year.world
    }
}
