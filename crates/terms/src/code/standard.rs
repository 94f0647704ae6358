//! The national coding standards of medical insurance (医疗保障信息业务编码标准) and what a code of each looks like: whether a
//! code keeps to its standard, and why not.
//!
//! What deviates is told, not refused: provinces extend the codes, hospitals send their own, and real clients do both. No list of
//! valid codes is kept here, only their form; where nobody has confirmed a form, there is no function for it. The form of each
//! code, where it is used and how sure it is stands in `docs/CODES.md`.
//!
//! To add a standard: a variant of [`Standard`] with its words, and a function if its form is known.

use super::name_of;
use crate::{DiseaseCode, place::AdminDivision};
use std::fmt;

macro_rules! standards {
    ($($(#[$doc:meta])* $name:ident $chinese:literal $form:literal;)+) => {
        /// A coding standard, or a kind of code that is of one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Standard { $($(#[$doc])* $name,)+ }

        impl Standard {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its Chinese name.
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)+ }
            }

            /// The form of its codes in Chinese; empty where nobody has confirmed one.
            pub const fn form(self) -> &'static str {
                match self { $(Self::$name => $form,)+ }
            }
        }
    };
}

standards! {
    /// 疾病诊断: the insurance edition of ICD-10.
    Disease "医保疾病诊断代码" "一位大写字母加两位数字，可再加小数点和至多九位扩展码，如A08.000";
    /// 中医病证: GB/T 15657.
    ChineseDisease "中医病证代码" "一位大写字母加两位数字，再加一至四段以小数点分隔的两位数字，如A04.01.01";
    /// 手术操作: the insurance edition of ICD-9-CM-3.
    Operation "医保手术操作代码" "两位数字、小数点和一至四位数字，可再加x和至多四位数字，如36.0601";
    /// 医疗服务项目.
    Service "医疗服务项目代码" "十五位数字，可再加至多十二位扩展码";
    /// 西药.
    WesternMedicine "西药代码" "X开头的23位大写字母和数字";
    /// 中成药.
    PatentMedicine "中成药代码" "Z开头的20位或23位大写字母和数字";
    /// 中药饮片.
    HerbalMedicine "中药饮片代码" "T加9位数字";
    /// 医用耗材.
    Material "医用耗材代码" "C开头的20位大写字母和数字，带规格型号流水号的为27位";
    /// 医疗机构制剂.
    HospitalPreparation "医疗机构制剂代码" "";
    /// 定点医疗机构.
    Institution "定点医疗机构代码" "H加6位行政区划再加5位数字";
    /// 定点零售药店.
    Pharmacy "定点零售药店代码" "P加6位行政区划再加5位数字";
    /// 医保医师.
    Doctor "医保医师代码" "D加12位数字";
    /// 医保护士.
    Nurse "医保护士代码" "N加12位数字";
    /// 医保药师.
    Pharmacist "医保药师代码" "Y加12位数字";
    /// 门诊慢特病病种.
    ChronicDisease "门诊慢特病病种代码" "M加5位数字";
    /// 按病种结算病种.
    SettlementDisease "按病种结算病种代码" "";
    /// 日间手术病种.
    DaySurgery "日间手术病种代码" "";
    /// 医保系统单位.
    Agency "医保系统单位代码" "";
    /// 医保系统工作人员.
    AgencyStaff "医保系统工作人员代码" "";
    /// 医疗保障基金结算清单: a form and its fields, not a code.
    SettlementList "医保结算清单" "";
    /// 科室: a code table of the interface (`dept`), not a standard of its own.
    Department "科室代码" "科室代码表中的代码或其扩展，如A03.01";
}

/// A code that is not as its standard says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The standard.
    pub standard: Standard,
    /// What is not as it says.
    pub why: Why,
}

/// What of a code is not as its standard says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is none.
    Empty,
    /// It has so many characters.
    Length(usize),
    /// It does not begin as it should.
    Lead,
    /// Characters that do not belong there.
    Characters,
    /// The division in it is of no province.
    Division,
    /// The code table has no such code.
    NotListed,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("为空"),
            Self::Length(length) => write!(f, "长度为{length}位"),
            Self::Lead => f.write_str("首位不符"),
            Self::Characters => f.write_str("含有不应出现的字符"),
            Self::Division => f.write_str("其中的行政区划不属于任何省份"),
            Self::NotListed => f.write_str("不在代码表中"),
        }
    }
}

/// One Chinese sentence, which does not repeat the code.
impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "不是标准的{}：{}，应为{}", self.standard.chinese(), self.why, self.standard.form())
    }
}

/// Whether a code keeps to its standard.
pub type Conforms = Result<(), Deviation>;

/// A diagnosis (诊断代码, `diag_code`), western or Chinese: the kind that is said beside it is not to be relied on.
///
/// ```
/// # use terms::code::standard::of_diagnosis;
/// assert!(of_diagnosis("G40.900").is_ok() && of_diagnosis("A04.01.01").is_ok());
/// assert!(of_diagnosis("11").is_err());
/// ```
pub fn of_diagnosis(code: &str) -> Conforms {
    of_chinese_disease(code).or_else(|_| of_disease(code))
}

/// A disease (疾病诊断) in the insurance edition of ICD-10, the morphology of tumours (`M8000/3`) included.
pub fn of_disease(code: &str) -> Conforms {
    let check = Check::of(Standard::Disease, code, 3, 14)?;
    // A dagger or an asterisk marks the two halves of a double code.
    let (head, tail) = match code.trim_end_matches(['+', '*']).split_once(['.', '/']) {
        Some((head, tail)) => (head, tail),
        None => (code.trim_end_matches(['+', '*']), ""),
    };
    check.that(starts_with_upper(head), Why::Lead)?;
    let is_head = (3..=5).contains(&head.len()) && digits(&head[1..]);
    let is_tail = tail.len() <= 9 && tail.bytes().all(|byte| byte.is_ascii_digit() || byte == b'x');
    check.that(is_head && is_tail && !code.ends_with(['.', '/']), Why::Characters)
}

/// A disease or pattern of Chinese medicine (中医病证).
pub fn of_chinese_disease(code: &str) -> Conforms {
    let check = Check::of(Standard::ChineseDisease, code, 6, 15)?;
    check.that(starts_with_upper(code), Why::Lead)?;
    let mut parts = code[1..].split('.');
    let two = |part: &str| part.len() == 2 && digits(part);
    check.that(parts.next().is_some_and(two) && parts.clone().count() >= 1 && parts.all(two), Why::Characters)
}

/// An operation (手术操作) in the insurance edition of ICD-9-CM-3.
pub fn of_operation(code: &str) -> Conforms {
    let check = Check::of(Standard::Operation, code, 4, 12)?;
    let (chapter, rest) = code.split_once('.').unwrap_or((code, ""));
    check.that(chapter.len() == 2 && digits(chapter), Why::Lead)?;
    let (own, extended) = rest.split_once('x').unwrap_or((rest, "0"));
    let is_rest =
        (1..=4).contains(&own.len()) && digits(own) && (1..=4).contains(&extended.len()) && digits(extended);
    check.that(is_rest, Why::Characters)
}

/// An item of the catalog (医疗目录编码, `med_list_codg`), of whichever kind its first character says.
///
/// ```
/// # use terms::code::standard::{Standard, of_item};
/// assert!(of_item("XA01ABD075A002010100594").is_ok());
/// assert_eq!(of_item("XA01").unwrap_err().standard, Standard::WesternMedicine);
/// ```
pub fn of_item(code: &str) -> Conforms {
    match code.bytes().next() {
        Some(b'X') => of_medicine(Standard::WesternMedicine, code, &[23]),
        Some(b'Z') => of_medicine(Standard::PatentMedicine, code, &[20, 23]),
        Some(b'C') => of_medicine(Standard::Material, code, &[20, 27]),
        Some(b'T') => of_herb(code),
        _ => of_service(code),
    }
}

fn of_medicine(standard: Standard, code: &str, lengths: &[usize]) -> Conforms {
    let check = Check { standard };
    check.that(lengths.contains(&code.len()), Why::Length(code.chars().count()))?;
    check.that(code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()), Why::Characters)
}

fn of_herb(code: &str) -> Conforms {
    let check = Check::of(Standard::HerbalMedicine, code, 10, 10)?;
    check.that(digits(&code[1..]), Why::Characters)
}

/// A service (医疗服务项目).
pub fn of_service(code: &str) -> Conforms {
    let check = Check::of(Standard::Service, code, 15, 27)?;
    let (own, extension) = code.split_at(15);
    check.that(digits(own), Why::Characters)?;
    check.that(extension.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), Why::Characters)
}

/// A designated institution (定点医药机构编号, `fixmedins_code`): a medical institution or, by its first letter, a pharmacy.
pub fn of_institution(code: &str) -> Conforms {
    let standard = if code.starts_with('P') { Standard::Pharmacy } else { Standard::Institution };
    let check = Check::of(standard, code, 12, 12)?;
    check.that(code.starts_with(['H', 'P']), Why::Lead)?;
    check.that(digits(&code[1..]), Why::Characters)?;
    check.that(is_division(&code[1..7]), Why::Division)
}

/// A doctor (医保医师代码: `atddr_no`, `bilg_dr_codg`, `dise_dor_no`).
pub fn of_doctor(code: &str) -> Conforms {
    of_person(Standard::Doctor, 'D', code)
}

/// A nurse (医保护士代码).
pub fn of_nurse(code: &str) -> Conforms {
    of_person(Standard::Nurse, 'N', code)
}

/// A pharmacist (医保药师代码, `phar_prac_cert_no` is another number).
pub fn of_pharmacist(code: &str) -> Conforms {
    of_person(Standard::Pharmacist, 'Y', code)
}

/// Whoever practises (执业人员代码, `prac_psn_code`): doctor, nurse or pharmacist by the first letter.
pub fn of_practitioner(code: &str) -> Conforms {
    match code.bytes().next() {
        Some(b'N') => of_nurse(code),
        Some(b'Y') => of_pharmacist(code),
        _ => of_doctor(code),
    }
}

/// The six digits of the division are not looked up: real codes have some that are none.
fn of_person(standard: Standard, lead: char, code: &str) -> Conforms {
    let check = Check::of(standard, code, 13, 13)?;
    check.that(code.starts_with(lead), Why::Lead)?;
    check.that(digits(&code[1..]), Why::Characters)
}

/// A chronic or special disease (门诊慢特病病种, `opsp_dise_code`). Areas have codes of their own beside these.
pub fn of_chronic_disease(code: &DiseaseCode) -> Conforms {
    let code = code.as_str();
    let check = Check::of(Standard::ChronicDisease, code, 6, 6)?;
    check.that(code.starts_with('M'), Why::Lead)?;
    check.that(digits(&code[1..]), Why::Characters)
}

/// A department (科室代码: `adm_dept_codg`, `bilg_dept_codg`): one of the code table, or one that extends it.
pub fn of_department(code: &str) -> Conforms {
    let check = Check::of(Standard::Department, code, 1, 30)?;
    check.that(name_of("dept", code).is_some(), Why::NotListed)
}

/// A check of one code; codes are ASCII from here on.
#[derive(Clone, Copy)]
struct Check {
    standard: Standard,
}

impl Check {
    /// Of a code of so many characters.
    fn of(standard: Standard, code: &str, shortest: usize, longest: usize) -> Result<Self, Deviation> {
        let check = Self { standard };
        check.that(!code.is_empty(), Why::Empty)?;
        check.that(code.is_ascii(), Why::Characters)?;
        check.that((shortest..=longest).contains(&code.len()), Why::Length(code.len()))?;
        Ok(check)
    }

    fn that(self, holds: bool, why: Why) -> Conforms {
        if holds { Ok(()) } else { Err(Deviation { standard: self.standard, why }) }
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn starts_with_upper(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
}

/// Whether six digits lie in a province. Divisions below it come and go, and `99` ends those of a city itself (市本级).
fn is_division(digits: &str) -> bool {
    digits.parse::<AdminDivision>().is_ok_and(|division| division.province().division().name().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Of = fn(&str) -> Conforms;

    fn of_chronic(code: &str) -> Conforms {
        code.parse().map_or(Err(Deviation { standard: Standard::ChronicDisease, why: Why::Empty }), |code| {
            of_chronic_disease(&code)
        })
    }

    #[test]
    fn codes_of_every_form_conform() {
        let cases: [(Of, &[&str]); 9] = [
            (
                of_institution,
                &["H53011200683", "H44030900226", "H11000000005", "H33070300089", "P13010200001"],
            ),
            (of_doctor, &["D211281003674", "D548494651871"]),
            (of_practitioner, &["D211281003674", "N110101000001", "Y420106000001"]),
            (
                of_item,
                &[
                    "XA01ABD075A002010100594",
                    "XA11GAW043A013010100002",
                    "ZA12AAF0456010201000274",
                    "ZA12HAX0353010100234",
                    "T001701201",
                    "C0607010020000706543",
                    "C06070100200007065430000001",
                    "001102000010000",
                    "001102000010000-A1",
                ],
            ),
            (
                of_diagnosis,
                &["A08.000", "G40.900", "I63.9", "J18", "I10.x00x002", "D63.0*", "M8000/3", "A04.01.01"],
            ),
            (of_chinese_disease, &["A04.01.01", "B03.06.01.04.01"]),
            (of_operation, &["36.0601", "00.66", "86.2201", "54.1100x004"]),
            (of_chronic, &["M03900", "m01600", "M07803"]),
            (of_department, &["A01", "A03.01", "A50"]),
        ];
        for (of, codes) in cases {
            for code in codes {
                assert_eq!(of(code), Ok(()), "{code}");
            }
        }
    }

    #[test]
    fn what_deviates_says_why() {
        let cases: [(Of, &str, Standard, Why); 20] = [
            (of_institution, "", Standard::Institution, Why::Empty),
            (of_institution, "TEST001", Standard::Institution, Why::Length(7)),
            (of_institution, "100001", Standard::Institution, Why::Length(6)),
            (of_institution, "X42010600001", Standard::Institution, Why::Lead),
            (of_institution, "H4201060000A", Standard::Institution, Why::Characters),
            (of_institution, "P99010600001", Standard::Pharmacy, Why::Division),
            (of_doctor, "ys001", Standard::Doctor, Why::Length(5)),
            (of_doctor, "N211281003674", Standard::Doctor, Why::Lead),
            (of_doctor, "D21128100367A", Standard::Doctor, Why::Characters),
            (of_item, "XA01ABD075A00201010059", Standard::WesternMedicine, Why::Length(22)),
            (of_item, "xA01ABD075A002010100594", Standard::Service, Why::Characters),
            (of_item, "101", Standard::Service, Why::Length(3)),
            (of_item, "药", Standard::Service, Why::Characters),
            (of_item, "T00170120A", Standard::HerbalMedicine, Why::Characters),
            (of_diagnosis, "11", Standard::Disease, Why::Length(2)),
            (of_diagnosis, "高血压", Standard::Disease, Why::Characters),
            (of_diagnosis, "A08.", Standard::Disease, Why::Characters),
            (of_operation, "3.0601", Standard::Operation, Why::Lead),
            (of_chronic, "HBLB101", Standard::ChronicDisease, Why::Length(7)),
            (of_department, "9999", Standard::Department, Why::NotListed),
        ];
        for (of, code, standard, why) in cases {
            assert_eq!(of(code), Err(Deviation { standard, why }), "{code}");
        }
        let said = of_doctor("ys001").unwrap_err().to_string();
        assert_eq!(said, "不是标准的医保医师代码：长度为5位，应为D加12位数字");
    }

    #[test]
    fn no_text_stops_a_check() {
        let all: [Of; 10] = [
            of_institution,
            of_doctor,
            of_nurse,
            of_pharmacist,
            of_practitioner,
            of_item,
            of_service,
            of_diagnosis,
            of_operation,
            of_department,
        ];
        let parts = [
            "",
            "H",
            "药",
            "é",
            ".",
            "x",
            "/",
            "+",
            "A08.",
            "1",
            "D12345678901",
            "\u{0}",
            "C".repeat(27).leak(),
        ];
        for (one, other) in parts.iter().flat_map(|one| parts.iter().map(move |other| (one, other))) {
            for of in all {
                let _ = of(&format!("{one}{other}"));
                let _ = of(&format!("{one}药{other}"));
            }
        }
    }

    #[test]
    fn a_form_is_said_wherever_a_code_is_checked() {
        let unconfirmed: Vec<Standard> =
            Standard::ALL.iter().copied().filter(|standard| standard.form().is_empty()).collect();
        assert_eq!(
            unconfirmed,
            [
                Standard::HospitalPreparation,
                Standard::SettlementDisease,
                Standard::DaySurgery,
                Standard::Agency,
                Standard::AgencyStaff,
                Standard::SettlementList,
            ]
        );
    }
}
