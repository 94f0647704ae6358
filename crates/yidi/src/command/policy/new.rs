//! `yidi policy new`: a file to begin with, for an area that has no policy yet.

use super::today;
use crate::{say, stop::Stop, words};
use clap::Args;
use terms::{AdminDivision, InsuranceScheme};

/// 打印一份带说明的起始政策文件，填好后放入政策目录。
///
/// Prints a commented policy file in which every value is still missing.
#[derive(Clone, Debug, Args)]
#[command(after_help = "例 (example)：yidi policy new 430100 310 > policy/430100/310.toml")]
pub struct New {
    /// 统筹区代码，如430100 (pooling area)
    #[arg(value_parser = words::division)]
    area: AdminDivision,
    /// 险种：310 职工、390 居民 (scheme)
    #[arg(value_parser = words::scheme)]
    scheme: InsuranceScheme,
}

/// Prints it.
pub fn run(new: &New) -> Result<(), Stop> {
    let area = new.area.pooling_area().division();
    if area != new.area {
        return Err(Stop::Refused(format!(
            "{}不是统筹区，其统筹区为{area}，请改用该代码 (not a pooling area)",
            new.area
        )));
    }
    say(text(area, new.scheme).trim_end());
    Ok(())
}

/// The file, with examples in the columns that the scheme has.
pub fn text(area: AdminDivision, scheme: InsuranceScheme) -> String {
    let (ratios, amounts, above) = match scheme {
        InsuranceScheme::Employee => {
            (r#"employed = "85%", retired = "90%""#, "employed = 3500, retired = 4500", "large_amount")
        }
        InsuranceScheme::Resident => (
            r#"minor = "80%", adult = "75%", elderly = "80%""#,
            "minor = 500, adult = 400, elderly = 500",
            "resident_catastrophic",
        ),
    };
    let name = area.name().unwrap_or("（统筹区名称）");
    let layer = match scheme {
        InsuranceScheme::Employee => "large_amount",
        InsuranceScheme::Resident => "catastrophic",
    };
    TEMPLATE
        .replace("AREA", &area.to_string())
        .replace("SCHEME_NAME", scheme.chinese())
        .replace("NAME", name)
        .replace("SCHEME", scheme.code())
        .replace("TODAY", &today().to_string())
        .replace("RATIOS", ratios)
        .replace("AMOUNTS", amounts)
        .replace("ABOVE", above)
        .replace("LAYER", layer)
}

const TEMPLATE: &str = r#"#:schema ../policy.schema.json
# NAMESCHEME_NAME待遇政策。
#
# 用法：每一组下面先写着 missing（缺什么），需要这个值的结算会被拒绝；查到文件后，删去 missing 一行，
# 去掉示例前的“# ”，换成文件中的值。示例中的数只说明写法，不是任何地方的政策。
# 写好后执行 yidi policy check 检查，用 yidi policy explain 试算，再写案例表 SCHEME.inpatient.cases.md。
#
# 金额以元计，写整数或引号中的小数："1300.50"；比例写在引号中："85%"；日期写在引号中："2025-01-01"。
# 政策变化时不改旧的版本，在同一组后面另加一个 from 更晚的版本。
area = "AREA"
name = "NAME"
scheme = "SCHEME"
# 最近一次核对全部值仍然有效的日期
checked_on = "TODAY"
# 医保年度不从1月1日开始时写：year_starts = "07-01"

# 依据。键（这里是notice）由各组的source引用，可写多个；number 文号、link 网址可以不写。
[source.notice]
title = "（文件名称）"
# number = "×医保发〔2025〕1号"
# link = "https://"

# ── 住院 ──────────────────────────────────────────────

# 住院起付标准。没有起付标准的，删去整组。
[[inpatient.deductible]]
from = "2025-01-01"
source = "notice"
# confirmed 已在正式文件中核对；unconfirmed 待核实，只用于试算
confidence = "unconfirmed"
missing = "住院起付标准"
# recurs = "each_admission"          # 每次住院；once_a_year 一年一次
# rows = [
#   { levels = ["primary"], all = [300, 150] },     # 一级（含社区）：第一次300，以后每次150
#   { levels = ["secondary"], all = [600, 300] },
#   { levels = ["tertiary"], all = [900, 450] },
#   { classes = ["extremely_poor"], all = 0 },      # 特困人员不设起付标准
# ]

# 住院支付比例。必须有这一组。
[[inpatient.ratio]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "住院支付比例"
# basis = "stay"                     # 各段按本次符合范围金额计；stay_above_deductible 按起付标准以上部分计；year 按年度累计计
# bands = [
#   { levels = ["primary"], over = 0, RATIOS },
#   { levels = ["secondary"], over = 0, RATIOS },
#   { levels = ["tertiary"], over = 0, to = 30_000, RATIOS },
#   { levels = ["tertiary"], over = 30_000, RATIOS },
# ]

# 住院最高支付限额。没有限额的，删去整组。
[[inpatient.cap]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "住院年度最高支付限额，限额以上由谁支付"
# limits = [
#   # counts：paid 基金支付，in_scope 符合范围费用，divided 基金与个人按比例负担合计
#   { counts = "paid", amount = 200_000, above = { fund = "ABOVE", rate = "80%" } },
# ]

# ── 普通门诊 ──────────────────────────────────────────

[[outpatient.deductible]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "普通门诊起付标准"
# recurs = "once_a_year"
# rows = [{ all = 500 }]

[[outpatient.ratio]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "普通门诊支付比例"
# basis = "stay"
# bands = [{ over = 0, RATIOS }]

[[outpatient.cap]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "普通门诊年度限额"
# limits = [{ counts = "paid", rows = [{ AMOUNTS }] }]

# ── 门诊慢特病 ────────────────────────────────────────

# 门诊慢特病没有起付标准的，删去这一组。
[[chronic.deductible]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "门诊慢特病起付标准"
# recurs = "once_a_year"
# shared_with = ["inpatient"]        # 与住院合并计算
# rows = [{ all = 500 }]

[[chronic.ratio]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "门诊慢特病支付比例"
# basis = "stay"
# bands = [
#   { over = 0, RATIOS },
#   { over = 0, diseases = ["M07800"], RATIOS },    # 个别病种另有比例，按病种编码写
# ]

[[chronic.cap]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "门诊慢特病各病种限额"
# limits = [
#   { counts = "paid", rows = [{ diseases = ["M03900"], all = 3000 }], several = "each" },
# ]

# ── 药店购药 ──────────────────────────────────────────

[[pharmacy.ratio]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "定点药店购药支付比例"
# basis = "stay"
# bands = [{ over = 0, RATIOS }]

[[pharmacy.cap]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "定点药店购药限额"
# limits = [{ counts = "paid", care = ["outpatient", "pharmacy"], rows = [{ AMOUNTS }] }]   # 与门诊合并计算

# ── 异地就医 ──────────────────────────────────────────

# 必须有这一组；从上往下第一条符合的规则有效。
[[cross_region]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "跨省异地就医待遇"
# rules = [
#   { for = ["long_term"] },                                              # 长期居住：同本地
#   { for = ["referral", "emergency"], ratio_less = "10%" },              # 转诊、急诊：支付比例降低10个百分点
#   { for = ["other_temporary"], first_self_pay = "20%" },                # 其他临时外出：先自付20%
#   { for = ["not_filed"], missing = "未备案人员的支付比例" },            # 还没有查到的，写缺什么
# ]

# ── 基本医保以上各层，按次序支付；没有的删去 ──────────

[[layer]]
name = "LAYER"                       # large_amount 大额，catastrophic 大病保险，supplement 补充，civil_servant 公务员补助
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "大额补助或大病保险的起付线、各段比例和封顶线"
# threshold = 15_000
# basis = "above_threshold"
# bands = [
#   { over = 0, to = 50_000, all = "60%" },
#   { over = 50_000, all = "70%" },
# ]
# cap = 300_000

[[layer]]
name = "aid"                         # 医疗救助，只对下列人员
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "医疗救助的对象、比例和年度限额"
# bands = [
#   { over = 0, classes = ["extremely_poor"], all = "100%" },
#   { over = 0, classes = ["subsistence_allowance"], all = "70%" },
# ]
# cap = 50_000

# ── 个人账户、跨年度住院 ──────────────────────────────

[[account]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "个人账户可以支付哪些费用，可否家庭共济"
# care = ["inpatient", "outpatient", "chronic", "pharmacy"]
# pays = ["deductible", "own_share", "beyond_cap", "cross_region_first", "first_self_pay"]
# family = true

[[year_crossing]]
from = "2025-01-01"
source = "notice"
confidence = "unconfirmed"
missing = "跨年度住院按出院日期（discharge）还是按天数分段（days）结算"
# by = "discharge"
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::policy::draft;

    /// With every example in place of what is missing.
    fn filled(text: &str) -> String {
        let is_example = |line: &str| {
            let body = line.trim_start_matches("# ").trim_start();
            line.starts_with("# ")
                && (body.starts_with(['{', ']'])
                    || [
                        "recurs",
                        "rows",
                        "basis",
                        "bands",
                        "limits",
                        "shared_with",
                        "rules",
                        "threshold",
                        "cap",
                        "care",
                        "pays",
                        "family",
                        "by",
                    ]
                    .iter()
                    .any(|key| body.starts_with(&format!("{key} ="))))
        };
        let lines = text.lines().filter(|line| !line.starts_with("missing = "));
        let lines = lines.map(|line| if is_example(line) { &line[2..] } else { line });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_it_prints_passes_the_check_and_so_do_its_examples() {
        for scheme in InsuranceScheme::ALL {
            for area in ["430100", "110000"] {
                let text = text(area.parse().expect("a place"), *scheme);
                let library = draft::read("new.toml", &text).unwrap_or_else(|errors| panic!("{errors:#?}"));
                assert!(text.lines().all(|line| !line.contains("NAME") && !line.contains("AREA")), "{text}");
                assert_eq!(library.files().next().map(|file| file.area.to_string()), Some(area.to_owned()));
                let filled = filled(&text);
                assert!(!filled.contains("\nmissing = ") && filled.contains("\nrows = ["));
                draft::read("filled.toml", &filled).unwrap_or_else(|errors| panic!("{filled}\n{errors:#?}"));
            }
        }
    }
}
