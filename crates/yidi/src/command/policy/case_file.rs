//! A file that describes one visit to try, in TOML or JSON: the same words and amounts as the options of `yidi policy explain`.

use super::explain::{Visit, standing};
use crate::words;
use figment::{
    Figment,
    providers::{Format, Toml},
};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};
use terms::Fen;

/// A complete file, as `--example` prints it.
pub const EXAMPLE: &str = r#"# 一次就医。词语可以写代码（"3"）、中文（"三级"）或英文（"tertiary"）；
# 金额单位为元：整数直接写，有小数的加引号（"1234.50"）。没有的项目可以不写。
# 执行：yidi policy explain 本文件；同样的内容也可以写成JSON（文件名以.json结尾）。

[policy]
area = "420100"               # 参保统筹区
scheme = "310"                # 险种：310 职工、390 居民
day = "2025-03-10"            # 出院（就诊）日期，决定适用哪一版政策

[bill]
care = "住院"                 # 就医类别：住院、普通门诊、门诊慢特病、药店购药；不写为住院
level = "三级"                # 医院结算等级；不写为三级
admission = "2025-03-02"      # 入院日期；也可以写 days = 8（住院天数）
in_scope = 20000              # 符合政策范围
first_self_pay = "1250.50"    # 先行自付
over_limit = 0                # 超限价自费
out_of_scope = 300            # 全自费
in_full = 0                   # 符合范围中先行自付后全额支付的部分
marks = []                    # 就诊特征，如 ["中医医院", "经转诊"]
diseases = []                 # 本次治疗的慢特病病种，如 ["M03900"]
# transferred = 800           # 转院前已付的起付标准

[person]
status = "在职"               # 人员类别；不写为在职或成年居民
birth = "1985-06-01"          # 出生日期
classes = []                  # 人员身份类别，如 ["低保对象"]
# tier = "一档"               # 缴费档次
# contribution_years = 20     # 缴费年限
# retired_on = "2010-05-01"   # 退休日期
diseases = []                 # 已登记的慢特病病种；不写为本次治疗的病种
account = 500                 # 本人个人账户余额；不写为不用个人账户
family_accounts = []          # 家庭共济账户余额，按使用次序

[filing]
standing = "转诊"             # 备案：类型，或 视同备案、未备案、本地、备案地以外
treatment = "310115"          # 就医地；不写为统筹区本地

[history]                     # 本年度此前的累计
nth = 2                       # 第几次住院（就诊）
in_scope = 15000              # 简称：in_scope deductible divided pool large catastrophic，指本就医类别
pool = "11900.00"
deductible = 800
"outpatient.deductible" = 200 # 其他累计写全名

[history_before]              # 跨年度住院分段时，上一年度的累计；写法相同
"#;

/// A visit as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    policy: Policy,
    bill: Bill,
    #[serde(default)]
    person: Person,
    #[serde(default)]
    filing: Filing,
    #[serde(default)]
    history: BTreeMap<String, Amount>,
    #[serde(default)]
    history_before: BTreeMap<String, Amount>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    area: String,
    scheme: String,
    day: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bill {
    care: Option<String>,
    level: Option<String>,
    admission: Option<String>,
    days: Option<i32>,
    in_scope: Amount,
    #[serde(default)]
    first_self_pay: Amount,
    #[serde(default)]
    over_limit: Amount,
    #[serde(default)]
    out_of_scope: Amount,
    #[serde(default)]
    in_full: Amount,
    #[serde(default)]
    marks: Vec<String>,
    #[serde(default)]
    diseases: Vec<String>,
    transferred: Option<Amount>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Person {
    status: Option<String>,
    birth: Option<String>,
    classes: Vec<String>,
    tier: Option<String>,
    contribution_years: Option<i16>,
    retired_on: Option<String>,
    diseases: Vec<String>,
    account: Option<Amount>,
    family_accounts: Vec<Amount>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Filing {
    standing: Option<String>,
    treatment: Option<String>,
}

/// Yuan, or a count: a whole number, or a text with decimals.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "应为整数，或加引号的金额，如 \"1234.50\" (a whole number, or a text)")]
enum Amount {
    Whole(i64),
    Text(String),
}

impl Default for Amount {
    fn default() -> Self {
        Self::Whole(0)
    }
}

impl Amount {
    fn text(&self) -> String {
        match self {
            Self::Whole(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl CaseFile {
    /// Reads a file; one whose name ends in `.json` as JSON, any other as TOML.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(path: &str, text: &str) -> Result<Self, String> {
        if Path::new(path).extension().is_some_and(|extension| extension == "json") {
            return serde_json::from_str(text).map_err(|error| error.to_string());
        }
        Figment::from(Toml::string(text)).extract().map_err(|error| error.to_string())
    }

    /// The visit that it describes.
    ///
    /// # Errors
    /// The key whose word or amount cannot be read, and what to write.
    pub fn visit(&self) -> Result<Visit, String> {
        let Self { policy, bill, person, filing, history, history_before } = self;
        let mut history = history.clone();
        let nth = match history.remove("nth") {
            None => 1,
            Some(nth) => {
                nth.text().parse().ok().filter(|nth| *nth > 0).ok_or("history.nth：应为从1起的整数")?
            }
        };
        Ok(Visit {
            area: Some(read("policy.area", &policy.area, words::division)?),
            scheme: Some(read("policy.scheme", &policy.scheme, words::scheme)?),
            day: Some(read("policy.day", &policy.day, words::day)?),
            care: maybe("bill.care", bill.care.as_deref(), words::care)?
                .unwrap_or(terms::CareKind::Inpatient),
            level: maybe("bill.level", bill.level.as_deref(), words::level)?
                .unwrap_or(terms::SettlementLevel::Tertiary),
            admission: maybe("bill.admission", bill.admission.as_deref(), words::day)?,
            days: bill.days,
            in_scope: Some(yuan("bill.in_scope", &bill.in_scope)?),
            first_self_pay: yuan("bill.first_self_pay", &bill.first_self_pay)?,
            over_limit: yuan("bill.over_limit", &bill.over_limit)?,
            out_of_scope: yuan("bill.out_of_scope", &bill.out_of_scope)?,
            in_full: yuan("bill.in_full", &bill.in_full)?,
            mark: each("bill.marks", &bill.marks, words::mark)?,
            chinese_medicine: false,
            disease: each("bill.diseases", &bill.diseases, words::disease)?,
            transferred: bill.transferred.as_ref().map(|paid| yuan("bill.transferred", paid)).transpose()?,
            status: maybe("person.status", person.status.as_deref(), words::status)?,
            birth: maybe("person.birth", person.birth.as_deref(), words::day)?,
            class: each("person.classes", &person.classes, words::class)?,
            tier: maybe("person.tier", person.tier.as_deref(), words::tier)?,
            years: person.contribution_years,
            retired: maybe("person.retired_on", person.retired_on.as_deref(), words::day)?,
            registered: each("person.diseases", &person.diseases, words::disease)?,
            account: person.account.as_ref().map(|own| yuan("person.account", own)).transpose()?,
            family_account: person
                .family_accounts
                .iter()
                .map(|one| yuan("person.family_accounts", one))
                .collect::<Result<_, _>>()?,
            filing: maybe("filing.standing", filing.standing.as_deref(), standing)?,
            treatment: maybe("filing.treatment", filing.treatment.as_deref(), words::division)?,
            nth,
            year: counters(&history),
            year_before: counters(history_before),
            ..Visit::default()
        })
    }
}

fn counters(history: &BTreeMap<String, Amount>) -> Vec<(String, String)> {
    history.iter().map(|(name, amount)| (name.clone(), amount.text())).collect()
}

fn read<T>(key: &str, text: &str, word: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
    word(text).map_err(|wrong| format!("{key} = \"{text}\"：{wrong}"))
}

fn maybe<T>(
    key: &str,
    text: Option<&str>,
    word: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    text.map(|text| read(key, text, word)).transpose()
}

fn each<T>(key: &str, texts: &[String], word: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    texts.iter().map(|text| read(key, text, &word)).collect()
}

fn yuan(key: &str, amount: &Amount) -> Result<Fen, String> {
    read(key, &amount.text(), words::yuan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_in_toml_and_in_json() {
        let toml = CaseFile::read("case.toml", EXAMPLE).expect("the example is well formed");
        let visit = toml.visit().expect("its words are known");
        assert_eq!((visit.nth, visit.in_scope), (2, Some(Fen(2_000_000))));
        assert_eq!(visit.first_self_pay, Fen(125_050));
        assert_eq!(visit.year.len(), 4, "{:?}", visit.year);
        let value: serde_json::Value = Figment::from(Toml::string(EXAMPLE)).extract().unwrap();
        let json = CaseFile::read("case.json", &value.to_string()).expect("the same in JSON");
        assert_eq!(format!("{:?}", json.visit()), format!("{:?}", toml.visit()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key() {
        for (from, to, said) in [
            ("level = \"三级\"", "level = \"四级\"", "bill.level = \"四级\""),
            ("in_scope = 20000", "in_scope = 20000.5", "应为整数"),
            ("in_scope = 20000", "in_scop = 20000", "in_scop"),
            ("nth = 2", "nth = 0", "history.nth"),
            ("treatment = \"310115\"", "treatment = \"上海\"", "filing.treatment"),
        ] {
            let text = EXAMPLE.replace(from, to);
            let found = CaseFile::read("case.toml", &text).and_then(|file| file.visit()).expect_err(to);
            assert!(found.contains(said), "{to}: {found}");
        }
    }
}
