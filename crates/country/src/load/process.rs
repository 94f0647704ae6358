//! What processes cost the machine, as Linux counts it in `/proc`.
//!
//! The sums only grow while a process lives: what ended children used is in their parent's account.

use std::{collections::BTreeMap, fs, ops::Sub};

/// Milliseconds of one tick of `/proc/<pid>/stat`: Linux has always shown a hundred a second.
const TICK_MILLIS: u64 = 10;

/// What processes used since they began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Processor time, user and system, in milliseconds.
    pub cpu_millis: u64,
    /// Bytes that were written to files.
    pub written: u64,
    /// Memory now, in KiB; what several share is divided among them.
    pub memory_kib: u64,
}

impl Sub for Used {
    type Output = Self;

    /// What was used since `earlier`; the memory is the later one.
    fn sub(self, earlier: Self) -> Self {
        Self {
            cpu_millis: self.cpu_millis.saturating_sub(earlier.cpu_millis),
            written: self.written.saturating_sub(earlier.written),
            memory_kib: self.memory_kib,
        }
    }
}

/// What a process itself used.
pub fn own(pid: u32) -> Used {
    let ticks = Stat::of(pid).map_or(0, |stat| stat.own);
    Used { cpu_millis: ticks * TICK_MILLIS, written: dirtied(pid), memory_kib: memory(pid) }
}

/// What everything that a process started used, living and ended. Its writing is that of a PostgreSQL, which writes nothing
/// but files with these calls and talks to its clients with others.
pub fn descendants(pid: u32) -> Used {
    let ended = Stat::of(pid).map_or(0, |stat| stat.ended_children);
    let mut used = Used { cpu_millis: ended * TICK_MILLIS, ..Used::default() };
    let all = children_by_parent();
    let mut waiting = all.get(&pid).cloned().unwrap_or_default();
    while let Some(one) = waiting.pop() {
        if let Some(stat) = Stat::of(one) {
            used.cpu_millis += (stat.own + stat.ended_children) * TICK_MILLIS;
        }
        used.written += written(one);
        used.memory_kib += memory(one);
        waiting.extend(all.get(&one).into_iter().flatten());
    }
    used
}

/// Processor time of the whole machine: busy milliseconds, and all.
pub fn machine() -> (u64, u64) {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let numbers = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    // user nice system idle iowait irq softirq steal
    let ticks: Vec<u64> = numbers.take(8).filter_map(|number| number.parse().ok()).collect();
    let all: u64 = ticks.iter().sum();
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    ((all - idle) * TICK_MILLIS, all * TICK_MILLIS)
}

/// Ticks of a process.
struct Stat {
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name in the second field may hold anything, so the fields are counted from its last parenthesis.
    fn read(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(") ")?.1.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(1)?).ok()?,
            own: number(11)? + number(12)?,
            ended_children: number(13)? + number(14)?,
        })
    }
}

fn children_by_parent() -> BTreeMap<u32, Vec<u32>> {
    let mut children = BTreeMap::<u32, Vec<u32>>::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some((pid, stat)) = pid.and_then(|pid| Some((pid, Stat::of(pid)?))) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    children
}

/// Bytes that were made dirty in the cache of files. Where the kernel keeps files in large folios, one byte counts as the
/// whole folio, so this is of use only for who writes next to nothing.
fn dirtied(pid: u32) -> u64 {
    field(&format!("/proc/{pid}/io"), "write_bytes:").unwrap_or(0)
}

/// Bytes that were handed to `write` and its kin.
fn written(pid: u32) -> u64 {
    field(&format!("/proc/{pid}/io"), "wchar:").unwrap_or(0)
}

fn memory(pid: u32) -> u64 {
    field(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
        .or_else(|| field(&format!("/proc/{pid}/status"), "VmRSS:"))
        .unwrap_or(0)
}

fn field(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_any_name() {
        let stat = Stat::read("42 (a) b (c) S 7 1 1 0 -1 4 0 0 0 0 11 12 13 14 20 0 1 0 9").unwrap();
        assert_eq!((stat.parent, stat.own, stat.ended_children), (7, 23, 27));
    }

    #[test]
    fn this_process_uses_something() {
        assert!(own(std::process::id()).memory_kib > 0);
        assert!(machine().1 > 0);
    }
}
