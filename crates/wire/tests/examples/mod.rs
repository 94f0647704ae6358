//! One answer of every transaction that has an output, for an invented person, each field said.

mod lists;
mod purchase;
mod statement;

use serde_json::Value;
use terms::{CatalogClass, ChargeCategory, Fen, Fund, InsuranceScheme, Rate};
use wire::hospital::{
    catalog_file,
    field::{Age, Price, Quantity},
    page::Record,
    settlement_info::{PersonFace, SettlementInfo, SplitAmounts},
    t1101, t1161, t1162, t1201, t1312, t1316, t1317, t1318, t1319, t1901, t2201, t2204, t2206, t2207, t2208,
    t2301, t2303, t2304, t2305, t2401, t2501, t2503, t5201, t5203, t5204, t5205, t5206, t5301, t5302, t5303,
    t5304, t9001, t9002, t9101,
};

const VISIT: &str = "420000179526000000000000000001";
const SETTLEMENT: &str = "420000179530260000000000000002";

pub fn person() -> PersonFace {
    PersonFace {
        psn_no: "11000000000000900001".parse().unwrap(),
        psn_cert_type: "01".to_owned(),
        certno: "110101194106189151".to_owned(),
        psn_name: "王某甲".to_owned(),
        gend: "1".to_owned(),
        naty: Some("01".to_owned()),
        brdy: Some("1941-06-18".parse().unwrap()),
        age: Age(854),
    }
}

fn known_person() -> t1101::Output {
    t1101::Output {
        baseinfo: person(),
        insuinfo: vec![t1101::Insurance {
            balc: Fen(137_815),
            insutype: InsuranceScheme::Employee,
            psn_type: "12".to_owned(),
            psn_insu_stas: Some("1".to_owned()),
            psn_insu_date: Some("2001-01-01".parse().unwrap()),
            paus_insu_date: None,
            cvlserv_flag: false,
            insuplc_admdvs: "110000".parse().unwrap(),
            emp_name: None,
        }],
        idetinfo: vec![t1101::Identity {
            psn_idet_type: "2303".to_owned(),
            psn_type_lv: None,
            memo: None,
            begntime: "2026-11-22 09:58:41".parse().unwrap(),
            endtime: None,
        }],
    }
}

fn record() -> Record {
    Record::new(true, "001102000010000-110200001-20240101".to_owned(), "2024-01-01".parse().unwrap())
}

/// The worked example of the standard's facts: 23442.46 = 18785.39 + 4152.06 + 505.01.
pub fn settlement() -> SettlementInfo {
    SettlementInfo {
        visit: VISIT.parse().unwrap(),
        settlement: Some(SETTLEMENT.parse().unwrap()),
        person: person(),
        scheme: InsuranceScheme::Employee,
        psn_type: "12".to_owned(),
        civil_servant: false,
        time: "2026-11-22 09:58:41".parse().unwrap(),
        mdtrt_cert_type: Some("02".to_owned()),
        med_type: "21".to_owned(),
        split: SplitAmounts {
            out_of_scope: Fen(253_397),
            over_limit: Fen(139_689),
            first_self_pay: Fen(70_344),
            in_scope: Fen(1_880_816),
        },
        deductible_paid: Fen::ZERO,
        funds: [(Fund::EmployeePool, Fen::ZERO), (Fund::LargeAmount, Fen(1_878_539))].into(),
        processes: [(Fund::LargeAmount, "个人负担 18785.39元，支付18785.39元".to_owned())].into(),
        pool_ratio: Rate::percent(85).unwrap(),
        account_pay: Fen(17_004),
        cash: Fen(398_202),
        hospital_part: Fen(50_501),
        balance: Fen::ZERO,
        mutual_aid: Fen::ZERO,
        sender_msgid: "H42010600001202611220958410001".parse().unwrap(),
        clr_optins: Some("110000".parse().unwrap()),
        clr_way: Some("1".to_owned()),
        clr_type: "21".to_owned(),
    }
}

pub fn split_line() -> t2301::SplitLine {
    t2301::SplitLine {
        feedetl_sn: "L900001".to_owned(),
        det_item_fee_sumamt: Fen(600),
        cnt: Quantity(30_000),
        pric: Price(2_000_000),
        pric_uplmt_amt: Price(2_000_000),
        selfpay_prop: Some(Rate::NONE),
        fulamt_ownpay_amt: Some(Fen::ZERO),
        overlmt_amt: Some(Fen::ZERO),
        preselfpay_amt: Some(Fen::ZERO),
        inscp_scp_amt: Some(Fen(600)),
        chrgitm_lv: CatalogClass::A,
        med_chrgitm_type: ChargeCategory::Other,
        bas_medn_flag: Some(false),
        hi_nego_drug_flag: Some(false),
        chld_medc_flag: Some(false),
        list_sp_item_flag: Some("0".to_owned()),
        lmt_used_flag: false,
        drt_reim_flag: Some(false),
        memo: None,
    }
}

fn line() -> t2301::Line {
    t2301::Line {
        feedetl_sn: "L900001".to_owned(),
        init_feedetl_sn: None,
        mdtrt_id: VISIT.parse().unwrap(),
        drord_no: None,
        psn_no: person().psn_no,
        med_type: "21".to_owned(),
        fee_ocur_time: "2026-11-20 08:00:00".parse().unwrap(),
        med_list_codg: "001102000010000-110200001".to_owned(),
        medins_list_codg: "Z001".to_owned(),
        det_item_fee_sumamt: Fen(600),
        cnt: Quantity(30_000),
        pric: Price(2_000_000),
        bilg_dept_codg: "A03".to_owned(),
        bilg_dept_name: "内科".to_owned(),
        bilg_dr_codg: "D420106000001".to_owned(),
        bilg_dr_name: "李某乙".to_owned(),
        acord_dept_codg: None,
        acord_dept_name: None,
        orders_dr_code: None,
        orders_dr_name: None,
        hosp_appr_flag: None,
        tcmdrug_used_way: None,
        etip_flag: None,
        etip_hosp_code: None,
        dscg_tkdrug_flag: None,
        matn_fee_flag: None,
        memo: None,
        comb_no: None,
    }
}

/// The output of a transaction, `None` if it has none.
pub fn output(infno: &str) -> Option<Value> {
    let time = "2026-11-22 09:58:41".parse().unwrap();
    let info = settlement();
    let output = match infno {
        "1101" => known_person().value(),
        "1161" => t1161::Output {
            person: known_person(),
            cardecinfo: t1161::Medium {
                psn_name: person().psn_name,
                psn_cert_type: "01".to_owned(),
                certno: person().certno,
                ecToken: String::new(),
                cardno: "A00000000".to_owned(),
                card_sn: String::new(),
            },
        }
        .value(),
        "1201" => t1201::Output {
            medinsinfo: vec![t1201::Institution {
                fixmedins_code: "H42010600001".parse().unwrap(),
                fixmedins_name: "武汉市示例医院".to_owned(),
                uscc: Some("900000000000000001".to_owned()),
                fixmedins_type: "1".to_owned(),
                hosp_lv: Some("2".to_owned()),
                exp_content: None,
            }],
        }
        .value(),
        infno if catalog_file::Kind::of(infno).is_some() => {
            let kind = catalog_file::Kind::of(infno)?;
            let today = "2026-11-22".parse().unwrap();
            catalog_file::output(kind, &kind.file([].into_iter(), 0, today), today)
        }
        "1312" => {
            let item = t1312::Item {
                hilist_code: "001102000010000-110200001".to_owned(),
                hilist_name: "普通诊查费".to_owned(),
                insu_admdvs: "420000".parse().unwrap(),
                begndate: "2024-01-01".parse().unwrap(),
                enddate: None,
                med_chrgitm_type: ChargeCategory::ALL[0],
                chrgitm_lv: CatalogClass::A,
                lmt_used_flag: false,
                list_type: "201".to_owned(),
                med_use_flag: true,
                matn_used_flag: None,
                hilist_use_type: None,
                lmt_cpnd_type: None,
                wubi: None,
                pinyin: None,
                memo: None,
            };
            t1312::Output { rows: vec![(item, record())] }.value()
        }
        "1316" => {
            let pair = t1316::Pair {
                med_list_codg: "001102000010000-110200001".to_owned(),
                hilist_code: "001102000010000-110200001".to_owned(),
                list_type: "201".to_owned(),
                insu_admdvs: "420000".parse().unwrap(),
                begndate: "2024-01-01".parse().unwrap(),
                enddate: None,
                memo: None,
            };
            t1316::Output { rows: vec![(pair, record())] }.value()
        }
        "1317" => {
            let pair = t1317::Pair {
                fixmedins_code: "H42010600001".parse().unwrap(),
                medins_list_codg: "Y0001".to_owned(),
                medins_list_name: Some("普通诊查费".to_owned()),
                insu_admdvs: "420000".parse().unwrap(),
                list_type: "201".to_owned(),
                med_list_codg: "001102000010000-110200001".to_owned(),
                begndate: "2024-01-01".parse().unwrap(),
                enddate: Some("2099-12-31".parse().unwrap()),
                aprvno: None,
                dosform: None,
                exct_cont: None,
                item_cont: None,
                prcunt: None,
                spec: None,
                pacspec: None,
                memo: None,
            };
            t1317::Output { rows: vec![(pair, record())] }.value()
        }
        "1318" => {
            let limit = t1318::Limit {
                hilist_code: "001102000010000-110200001".to_owned(),
                hilist_lmtpric_type: "3".to_owned(),
                overlmt_dspo_way: None,
                insu_admdvs: "420000".parse().unwrap(),
                begndate: "2024-01-01".parse().unwrap(),
                enddate: None,
                hilist_pric_uplmt_amt: Price(20_000_000),
                tabname: None,
            };
            t1318::Output { rows: vec![(limit, record())] }.value()
        }
        "1319" => {
            let share = t1319::Share {
                hilist_code: "001102000010000-110200001".to_owned(),
                selfpay_prop_psn_type: InsuranceScheme::Employee,
                selfpay_prop_type: "10".to_owned(),
                insu_admdvs: "420000".parse().unwrap(),
                begndate: "2024-01-01".parse().unwrap(),
                enddate: None,
                selfpay_prop: Rate::percent(10).unwrap(),
                tabname: None,
            };
            t1319::Output { rows: vec![(share, record())] }.value()
        }
        "1162" => {
            let bearer = t1162::Bearer {
                name: person().psn_name,
                certno: person().certno,
                insured: "110101".parse().unwrap(),
                gend: person().gend,
                birth: "1941-06-18".parse().unwrap(),
            };
            t1162::Output::of(bearer, "0123456789abcdef0123456789abcdef".to_owned()).value()
        }
        "1901" => t1901::Output { list: t1901::Entry::all("med_type").unwrap() }.value(),
        "2201" => t2201::Output {
            data: t2201::Registered {
                mdtrt_id: VISIT.parse().unwrap(),
                psn_no: person().psn_no,
                ipt_otp_no: "MZ0001".to_owned(),
            },
        }
        .value(),
        "2204" => t2204::Output { result: vec![split_line()] }.value(),
        "2206" | "2206A" => t2206::Output {
            setldetail: info.details(),
            setlinfo: SettlementInfo { settlement: None, clr_type: "11".to_owned(), ..info },
        }
        .value(),
        "2207" | "2207A" => t2207::Output { setldetail: info.details(), setlinfo: info }.value(),
        "2208" => {
            let undone = info.negated();
            t2208::Output { setldetail: undone.details(), setlinfo: undone }.value()
        }
        "2301" => t2301::Output { result: vec![split_line()] }.value(),
        "2303" => t2303::Output {
            setldetail: info.details(),
            setlinfo: SettlementInfo { settlement: None, ..info },
        }
        .value(),
        "2304" => t2304::Output { setldetail: info.details(), setlinfo: info }.value(),
        "2305" => {
            let undone = info.negated();
            let further = t2305::Further { setl_type: Some("2".to_owned()), ..t2305::Further::default() };
            t2305::Output { setldetail: undone.details(), setlinfo: undone, further }.value()
        }
        "2401" => t2401::Output { result: t2401::Admitted { mdtrt_id: VISIT.parse().unwrap() } }.value(),
        "5201" => t5201::Output {
            mdtrtinfo: vec![t5201::Visit {
                mdtrt_id: VISIT.parse().unwrap(),
                person: person(),
                insutype: InsuranceScheme::Employee,
                psn_type: "12".to_owned(),
                cvlserv_flag: false,
                begntime: time,
                endtime: Some(time),
                med_type: "21".to_owned(),
                further: t5201::Further { inhosp_stas: Some("0".to_owned()), ..t5201::Further::default() },
            }],
        }
        .value(),
        "5203" => t5203::Output {
            setldetail: info.details(),
            setlinfo: info,
            circumstances: t5203::Circumstances {
                pay_loc: "4".to_owned(),
                fixmedins_code: "H42010600001".parse().unwrap(),
                fixmedins_name: "武汉市示例医院".to_owned(),
                begndate: "2026-11-15".parse().unwrap(),
                enddate: "2026-11-22".parse().unwrap(),
                refd_setl_flag: false,
                year: "2026".to_owned(),
            },
            further: t5203::Further::default(),
        }
        .value(),
        "5204" => {
            let settlement = SETTLEMENT.parse().ok();
            t5204::Output {
                lines: vec![t5204::QueriedLine::new(&line(), &split_line(), settlement, "普通诊查费", "201")],
            }
            .value()
        }
        "2501" | "2501A" | "2507" => {
            t2501::Output { result: t2501::Referred { trt_dcla_detl_sn: REGISTRATION.parse().unwrap() } }
                .value()
        }
        "2503" | "2505" => {
            let result =
                t2503::Registered { trt_dcla_detl_sn: REGISTRATION.parse().unwrap(), exp_content: None };
            t2503::Output { result }.value()
        }
        "5205" => t5205::Output { feedetail: vec![medicine()] }.value(),
        "5301" => t5301::Output {
            feedetail: vec![t5301::Disease {
                opsp_dise_code: "M03900".to_owned(),
                opsp_dise_name: "高血压".to_owned(),
                begndate: "2026-01-01".parse().unwrap(),
                enddate: "2026-12-31".parse().ok(),
            }],
        }
        .value(),
        "5302" => t5302::Output {
            psnfixmedin: vec![t5302::Choice {
                psn_no: person().psn_no,
                insutype: Some(InsuranceScheme::Employee),
                fix_srt_no: "1".to_owned(),
                fixmedins_code: "H42010600001".parse().unwrap(),
                fixmedins_name: "武汉市示例医院".to_owned(),
                begndate: "2026-01-01".parse().unwrap(),
                enddate: None,
                memo: None,
            }],
        }
        .value(),
        "5304" => t5304::Output { refmedin: vec![referral()] }.value(),
        "5206" => t5206::Output {
            cuminfo: vec![t5206::Sum {
                insutype: InsuranceScheme::Employee,
                year: "2026".to_owned(),
                cum_ym: "202611".to_owned(),
                cum_type_code: "C000".to_owned(),
                cum: Fen(1),
            }],
        }
        .value(),
        "5303" => t5303::Output {
            data: vec![t5303::Inpatient {
                mdtrt_id: VISIT.parse().unwrap(),
                person: person(),
                insutype: InsuranceScheme::Employee,
                begndate: "2026-11-15".parse().unwrap(),
                med_type: "21".to_owned(),
                ipt_otp_no: None,
                out_flag: true,
            }],
        }
        .value(),
        "9001" => {
            t9001::Output { signinoutb: t9001::SignIn { sign_time: time, sign_no: "680003".to_owned() } }
                .value()
        }
        "9002" => t9002::Output { sign_time: time }.value(),
        "9101" => t9101::Output {
            file_qury_no: "420000202611220958410000000001".to_owned(),
            filename: "对账.zip".to_owned(),
            fixmedins_code: "H42010600001".parse().unwrap(),
            dld_endtime: time,
        }
        .value(),
        other => {
            return lists::output(other)
                .or_else(|| statement::output(other))
                .or_else(|| purchase::output(other));
        }
    };
    Some(output)
}

/// The id of a registration.
const REGISTRATION: &str = "420000179523180000000000000006";

fn referral() -> t5304::Referral {
    let person = person();
    t5304::Referral {
        insutype: Some(InsuranceScheme::Employee),
        dcla_souc: Some("01".to_owned()),
        psn_no: person.psn_no,
        psn_cert_type: person.psn_cert_type,
        certno: person.certno,
        psn_name: person.psn_name,
        gend: person.gend,
        brdy: person.brdy,
        tel: None,
        addr: None,
        insu_optins: Some("110105".to_owned()),
        emp_name: None,
        diag_code: Some("I21.900".to_owned()),
        diag_name: Some("急性心肌梗死".to_owned()),
        dise_cond_dscr: None,
        reflin_medins_no: "H42010600001".parse().unwrap(),
        reflin_medins_name: "武汉市示例医院".to_owned(),
        out_flag: true,
        refl_date: "2026-11-15".parse().unwrap(),
        refl_rea: "技术条件所限".to_owned(),
        begndate: "2026-11-15".parse().unwrap(),
        enddate: None,
        hosp_agre_refl_flag: true,
        opter_id: None,
        opter_name: None,
        opt_time: "2026-11-15 10:00:00".parse().ok(),
    }
}

fn medicine() -> t5205::Medicine {
    t5205::Medicine {
        known: t5205::Known {
            feedetl_sn: "1".to_owned(),
            rx_drord_no: None,
            fixmedins_code: "H42010600001".parse().unwrap(),
            fixmedins_name: "武汉市示例医院".to_owned(),
            psn_no: person().psn_no,
            med_type: "14".to_owned(),
            fee_ocur_time: "2026-11-15 10:00:00".parse().unwrap(),
            cnt: Quantity(20_000),
            pric: Price(12_500_000),
            chrgitm_lv: terms::CatalogClass::A,
            hilist_code: "XC08CAA119A001010100001".to_owned(),
            hilist_name: "氨氯地平".to_owned(),
            list_type: "101".to_owned(),
            med_list_codg: "XC08CAA119A001010100001".to_owned(),
            medins_list_codg: "YP0001".to_owned(),
            medins_list_name: "氨氯地平".to_owned(),
            med_chrgitm_type: terms::ChargeCategory::WesternMedicine,
            spec: String::new(),
        },
        further: t5205::Further::default(),
    }
}
