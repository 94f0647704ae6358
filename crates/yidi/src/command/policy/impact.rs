//! `yidi policy impact`: a draft policy beside the one in force, over a year of settlements: who pays what, and who gains or
//! loses.

mod database;
mod rows;
mod sample;
pub mod show;
pub mod tally;

use super::{Folder, draft::draft, today};
use crate::{say, stop::Stop, words};
use benefit::{Catalogs, Library, policy::PolicyFile};
use clap::Args;
use rows::{Defaults, Visit, Written};
use sample::Wanted;
use std::{
    fs,
    io::{self, IsTerminal, Write as _},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use store::insured::YearOf;
use tally::{Side, Tally};
use terms::{Day, InsuredPlace};

/// 用一年的结算测算新政策的影响：基金和个人各支付多少，谁少负担、谁多负担。
#[derive(Clone, Debug, Args)]
#[command(after_help = CSV)]
pub struct Impact {
    /// 新政策文件，如 draft/420100/310.toml (the draft)
    draft: PathBuf,
    /// 新政策取哪一日的版本，用于全部结算；不填则为文件中最后一个版本 (the draft's version; the last if left out)
    #[arg(long, value_parser = words::day)]
    on: Option<Day>,
    #[command(flatten)]
    source: Source,
    /// 测算年度（医保年度的开始年），用于 --database；不填则为上一年度 (the insurance year read from the database)
    #[arg(long)]
    year: Option<i16>,
    /// 样本的随机种子 (seed of the sample)
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 把读取或生成的结算另存为CSV (keep the settlements as CSV)
    #[arg(long, value_name = "FILE")]
    write_csv: Option<PathBuf>,
    /// 结果表另存为CSV (the tables as CSV)
    #[arg(long, value_name = "FILE")]
    out_csv: Option<PathBuf>,
    /// 结果图另存为SVG (a chart)
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// 线程数；不填则为处理器核数 (threads)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    #[command(flatten)]
    folder: Folder,
}

/// Where the settlements come from.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Source {
    /// 从CSV文件读取结算 (settlements from a CSV file)
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// 从参保省平台的数据库读取结算 (from an insured province's database)
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// 生成若干笔虚构的结算试用 (so many invented settlements)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    sample: Option<u32>,
}

const CSV: &str = "\
CSV的列，次序不限，表头为列名，多个值以空格分隔，金额以元计 (columns of the CSV, in any order)：
  person 人员编号    care 就医类别    level 结算等级    status 人员类别    birth 出生日期    treatment 就医地
  standing 备案情况：1至6 备案类型，elsewhere-2 备案在别处，deemed 视同备案，none 未备案或在本地就医
  admission 入院日期    discharge 出院日期    total 医疗费总额    in_scope 符合政策范围金额
可以没有的列 (optional)：
  out_of_scope 全自费    over_limit 超限价自费    first_self_pay 先行自付    in_full 先行自付后全额支付的部分
  scheme 险种    insured 参保地    tier 缴费档次    classes 身份类别    marks 就医标记    diseases 病种    registered 登记病种
  contribution_years 缴费年限    retired_on 退休日期
代码、中文名和英文名都可以：21、住院、inpatient (codes, Chinese words or English names)";

/// Compares.
pub fn run(impact: &Impact) -> Result<(), Stop> {
    let begun = Instant::now();
    let progress = Progress::new();
    let draft = draft(&impact.draft)?;
    let file = draft.files().next().expect("one was read").clone();
    let in_force = impact.folder.library()?;
    let old = Side { library: &in_force, area: file.area, scheme: file.scheme, day: None };
    let last = draft.days_of_change(file.area, file.scheme).last().copied();
    let day = impact.on.or(last);
    let new = Side { library: &draft, day, ..old };
    let text = settlements(impact, &file, &in_force, &progress)?;
    if let Some(path) = &impact.write_csv {
        write(path, &text)?;
    }
    let threads = impact.threads.map_or_else(cores, usize::from);
    let defaults = Defaults { scheme: file.scheme, insured: InsuredPlace(file.area.division()) };
    let parts = rows::parts(&text, defaults, threads)
        .map_err(|wrong| Stop::Refused(format!("结算文件有误 (wrong lines)：\n{wrong}")))?;
    let tally = tallied(parts, old, new, threads, &progress);
    progress.end();
    let title = format!("{}（{}）{}：新政策的影响", file.name, file.area, file.scheme);
    let day = day.map(|day| day.to_string()).unwrap_or_default();
    say(&format!("{title}（新政策取{day}的版本，现行政策按出院日期，金额以元计）"));
    say(show::tables(&tally).trim_end());
    let all = tally.all();
    let settled = format!("{}次结算、{}人", all.settlements, all.people);
    let millis = begun.elapsed().as_millis();
    say(&format!("\n{settled}，用时{}.{:02}秒，{threads}个线程", millis / 1_000, millis % 1_000 / 10));
    if let Some(path) = &impact.out_csv {
        write(path, &show::csv(&tally))?;
    }
    if let Some(path) = &impact.chart {
        write(path, &show::chart(&title, &tally))?;
    }
    Ok(())
}

fn settlements(
    impact: &Impact,
    file: &PolicyFile,
    in_force: &Library,
    progress: &Progress,
) -> Result<String, Stop> {
    let now = today();
    if let Some(path) = &impact.source.csv {
        return fs::read_to_string(path).map_err(|error| {
            let shown = path.display();
            Stop::Unable(format!("文件{shown}无法读取，请核对路径，并另存为UTF-8编码 (cannot read: {error})"))
        });
    }
    let refused = |refusal: terms::Refusal| Stop::Refused(refusal.message());
    let scheme = in_force.scheme_on(file.area, file.scheme, now).map_err(refused)?;
    if let Some(url) = &impact.source.database {
        let year = impact.year.unwrap_or_else(|| scheme.insurance_year(now) - 1);
        let of = YearOf { area: file.area, scheme: file.scheme, year };
        return database::settlements(url, of, progress).map(|Written(text)| text);
    }
    let files = impact.folder.files()?;
    let catalogs =
        Catalogs::load(super::texts(&files)).map_err(|errors| Stop::Unable(super::lines(&errors)))?;
    let catalog = catalogs.of(file.area.province());
    progress.say("生成样本 (making the sample)");
    let count = impact.source.sample.expect("one of the three was given");
    let wanted = Wanted { scheme, catalog: &catalog, count, until: now, seed: impact.seed };
    Ok(sample::settlements(&wanted).0)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn write(path: &Path, text: &str) -> Result<(), Stop> {
    fs::write(path, text).map_err(|error| {
        Stop::Unable(format!("文件{}无法写入，请核对路径和权限 (cannot write: {error})", path.display()))
    })
}

/// All parts, each by one thread at a time; the order in which they are done changes nothing.
fn tallied(
    parts: Vec<Vec<Visit<'_>>>,
    old: Side<'_>,
    new: Side<'_>,
    threads: usize,
    progress: &Progress,
) -> Tally {
    let all: u64 = parts.iter().map(|part| u64::try_from(part.len()).expect("a count")).sum();
    let parts: Vec<Mutex<Vec<Visit<'_>>>> = parts.into_iter().map(Mutex::new).collect();
    let (next, done, running) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicUsize::new(threads));
    let work = || {
        let mut tally = Tally::new();
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut visits = std::mem::take(&mut *part.lock().expect("nobody panics holding it"));
            tally.add_part(&mut visits, old, new);
            done.fetch_add(u64::try_from(visits.len()).expect("a count"), Ordering::Relaxed);
        }
        running.fetch_sub(1, Ordering::Relaxed);
        tally
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        while progress.shows && running.load(Ordering::Relaxed) > 0 {
            let done = done.load(Ordering::Relaxed);
            progress.say(&format!("测算 (computing) {done} / {all}  {}%", done * 100 / all.max(1)));
            std::thread::sleep(Duration::from_millis(100));
        }
        workers.into_iter().fold(Tally::new(), |mut sum, worker| {
            sum.join(worker.join().expect("a computation does not panic"));
            sum
        })
    })
}

/// A line that the next one overwrites, where somebody looks.
pub struct Progress {
    shows: bool,
}

impl Progress {
    fn new() -> Self {
        Self { shows: io::stderr().is_terminal() }
    }

    /// Says how far it is.
    pub fn say(&self, text: &str) {
        if self.shows {
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }

    fn end(&self) {
        self.say("");
    }
}
