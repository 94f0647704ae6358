//! What each transaction asks and answers here: the standard's tables, with what the program's own rows say laid over them.
//!
//! The rows of a transaction know their fields (`fields()`, made by the row macros), the standard knows the nodes, and
//! [`own`] says which rows are in which node. A transaction without a line there is described by the standard alone.
//!
//! To describe one more: its line in [`own`]. A test compares every description with real messages and with our answers.

use super::{
    catalog_file,
    page::Record,
    purchase_order,
    settlement_info::{PersonFace, SettlementDetail, SettlementInput},
    shape::{FieldShape, Kind},
    standard::{self, Rows},
    t1101, t1161, t1162, t1201, t1312, t1316, t1317, t1318, t1319, t2101, t2102, t2161, t2166, t2170, t2171,
    t2181, t2201, t2202, t2203, t2204, t2205, t2206, t2301, t2302, t2305, t2401, t2402, t2403, t2404, t2405,
    t2501, t2502, t2503, t2504, t2505, t2506, t2507, t2601, t3202, t3301, t3302, t5201, t5203, t5204, t5205,
    t5206, t5301, t5302, t5303, t5304, t9001, t9002, t9101, t9102,
    table::{self, Transaction},
};
use super::{
    self_paid, t2001, t2306, t2406, t2407, t3401, t3403, t4102, t4103, t4104, t4203, t4204, t5101, t5102,
    t5202, t5401, t5402, t90100, t100001,
};

/// A transaction as it is served here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its number and name.
    pub transaction: &'static Transaction,
    /// What it asks for.
    pub input: Vec<Node>,
    /// What it answers; nothing where its output is `null`.
    pub output: Vec<Node>,
}

/// A node (节点).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// 节点标识; empty where the fields lie directly in the input, or the output is the row or array itself.
    pub name: &'static str,
    /// Other names under which it is read.
    pub aliases: &'static [&'static str],
    /// What it is called in Chinese; may be empty.
    pub chinese: &'static str,
    /// Whether it is an array of rows.
    pub many: bool,
    /// Whether the program says so, and not the standard alone, whose tables do not always.
    pub certain: bool,
    /// Of an input: refused without at least one row.
    pub required: bool,
    /// Its fields, the standard's first.
    pub fields: Vec<Field>,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its Chinese name.
    pub chinese: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The most characters of a text.
    pub longest: Option<usize>,
    /// Of an input: refused without. Of an output: never `null`.
    pub required: bool,
    /// Whether the standard (V1.1.27) has it, and what it says of it.
    pub standard: Option<&'static standard::Field>,
    /// Whether the program's own row names it. An input field that is not read is kept or passed over.
    pub own: bool,
}

impl Field {
    /// The code table that its values are of.
    pub fn table(&self) -> Option<&'static str> {
        self.standard.and_then(standard::Field::table)
    }
}

/// A transaction that is served, described.
pub fn describe(infno: &str) -> Option<Description> {
    let transaction = table::served(infno).ok()?;
    // Of some A editions no table was printed: theirs is the plain one's.
    let said = standard::transaction(infno).or_else(|| standard::transaction(infno.trim_end_matches('A')));
    let own = own(infno);
    let (asked, answered) = own.unwrap_or_default();
    let nodes = |said: Option<&'static Vec<standard::Node>>, own: &[OwnNode], is_input: bool| {
        let said = said.map_or(&[][..], Vec::as_slice);
        if own.is_empty() {
            return said.iter().map(|node| of_standard(node, is_input)).collect();
        }
        own.iter().map(|node| node.described(said)).collect::<Vec<_>>()
    };
    Some(Description {
        transaction,
        input: nodes(said.map(|said| &said.input), &asked, true),
        output: nodes(said.map(|said| &said.output), &answered, false),
    })
}

/// All that is served, described.
pub fn all() -> impl Iterator<Item = Description> {
    table::SERVED.iter().map(|infno| describe(infno).expect("what is served is described"))
}

/// A node as the program has it.
#[derive(Clone)]
struct OwnNode {
    name: &'static str,
    aliases: &'static [&'static str],
    many: bool,
    required: bool,
    shapes: Vec<FieldShape>,
    /// Fields that are required where no row says so.
    needed: &'static [&'static str],
    /// Whether the program's rows say all of it, where a regional edition's table says little.
    alone: bool,
}

impl OwnNode {
    fn described(&self, said: &'static [standard::Node]) -> Node {
        let same = |node: &&standard::Node| node.name == self.name || self.aliases.contains(&node.name);
        let standard = said.iter().find(same).or(said.first().filter(|_| said.len() == 1));
        let standard = standard.filter(|_| !self.alone);
        let mut fields: Vec<Field> = standard
            .map_or(&[][..], |node| &node.fields)
            .iter()
            .map(|field| {
                let shape = self.shapes.iter().find(|shape| shape.name == field.name);
                // Rows say what is required; where there is none, what is named here.
                let required = match shape {
                    Some(shape) => shape.required,
                    None => self.needed.contains(&field.name),
                };
                Field {
                    name: field.name,
                    chinese: field.chinese,
                    kind: shape.map_or(kind_of(field), |shape| shape.kind),
                    longest: match shape {
                        Some(shape) => shape.longest,
                        None => field.longest.filter(|_| field.kind == standard::Kind::Text),
                    },
                    required,
                    standard: Some(field),
                    own: shape.is_some() || self.needed.contains(&field.name),
                }
            })
            .collect();
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let further = self.shapes.iter().filter(|shape| !known.contains(&shape.name));
        fields.extend(further.map(|shape| Field {
            name: shape.name,
            chinese: shape.chinese,
            kind: shape.kind,
            longest: shape.longest,
            required: shape.required,
            standard: None,
            own: true,
        }));
        Node {
            name: self.name,
            aliases: self.aliases,
            chinese: standard.map_or("", |node| node.chinese),
            many: self.many,
            certain: true,
            required: self.required,
            fields,
        }
    }
}

fn of_standard(node: &'static standard::Node, is_input: bool) -> Node {
    let field = |field: &'static standard::Field| Field {
        name: field.name,
        chinese: field.chinese,
        kind: kind_of(field),
        longest: field.longest.filter(|_| field.kind == standard::Kind::Text),
        // What one edition alone requires is optional; of an answer nothing is known but the table.
        required: is_input && field.required && !field.required_by_one_edition(),
        standard: Some(field),
        own: false,
    };
    Node {
        name: node.name,
        aliases: &[],
        chinese: node.chinese,
        many: node.rows == Rows::Many,
        certain: false,
        required: false,
        fields: node.fields.iter().map(field).collect(),
    }
}

fn kind_of(field: &standard::Field) -> Kind {
    match (field.kind, field.longest, field.decimals) {
        (standard::Kind::Text, ..) => Kind::Text,
        (standard::Kind::Day, ..) => Kind::Day,
        (standard::Kind::Moment, ..) => Kind::Moment,
        (standard::Kind::Number, Some(16), Some(2)) => Kind::Amount,
        (standard::Kind::Number, Some(16), Some(4)) => Kind::Quantity,
        (standard::Kind::Number, Some(16), Some(6)) => Kind::Price,
        (standard::Kind::Number, ..) => Kind::Number,
        (standard::Kind::Other, ..) => Kind::Other,
    }
}

fn one(name: &'static str, shapes: Vec<FieldShape>) -> OwnNode {
    OwnNode { name, aliases: &[], many: false, required: true, shapes, needed: &[], alone: false }
}

/// Rows, at least one.
fn some(name: &'static str, shapes: Vec<FieldShape>) -> OwnNode {
    OwnNode { many: true, ..one(name, shapes) }
}

/// Rows, perhaps none.
fn many(name: &'static str, shapes: Vec<FieldShape>) -> OwnNode {
    OwnNode { required: false, ..some(name, shapes) }
}

/// A node that is read by hand: these fields are needed.
fn by_hand(name: &'static str, needed: &'static [&'static str]) -> OwnNode {
    OwnNode { needed, ..one(name, Vec::new()) }
}

impl OwnNode {
    fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
}

fn both(first: Vec<FieldShape>, second: Vec<FieldShape>) -> Vec<FieldShape> {
    first.into_iter().chain(second).collect()
}

/// What of a settlement list (4101) all editions require.
const LIST_NEEDED: [&str; 10] = [
    "mdtrt_id",
    "setl_id",
    "ntly",
    "prfs",
    "dscg_caty",
    "bill_code",
    "bill_no",
    "biz_sn",
    "medins_fill_dept",
    "medins_fill_psn",
];

/// Which rows of the program are in which node: asked and answered. An output without a line is described by the standard.
fn own(infno: &str) -> Option<(Vec<OwnNode>, Vec<OwnNode>)> {
    if catalog_file::Kind::of(infno).is_some() {
        return Some((vec![by_hand("data", &["ver"])], vec![]));
    }
    let paged = |shapes: Vec<FieldShape>| vec![many("", both(shapes, Record::fields()))];
    let money = || vec![one("setlinfo", vec![]), many("setldetail", SettlementDetail::fields())];
    let bought = || {
        let mut nodes = money();
        nodes.push(many("detlcutinfo", vec![]));
        nodes
    };
    let direct = |shapes: Vec<FieldShape>| vec![one(purchase_order::NODE, shapes).also(&[""])];
    Some(match infno {
        "1101" => (
            vec![one("data", t1101::Input::fields())],
            vec![
                one("baseinfo", PersonFace::fields()),
                many("insuinfo", t1101::Insurance::fields()),
                many("idetinfo", t1101::Identity::fields()),
            ],
        ),
        "1161" => {
            let more = vec![FieldShape::written("exp_content", "字段扩展", "Option<String>")];
            (
                vec![one("data", t1161::Input::fields()).alone()],
                vec![
                    one("baseinfo", both(PersonFace::fields(), more)).alone(),
                    many("insuinfo", t1101::Insurance::fields()).alone(),
                    many("idetinfo", t1101::Identity::fields()).alone(),
                    one("cardecinfo", t1161::Medium::fields()).alone(),
                ],
            )
        }
        "1162" => (vec![one("data", t1162::Input::fields())], vec![one("", t1162::Output::fields()).alone()]),
        "1201" => (
            vec![one("medinsinfo", t1201::Input::fields())],
            vec![many("medinsinfo", t1201::Institution::fields())],
        ),
        "1304" => (vec![by_hand("data", &[])], vec![many("", vec![])]),
        "1312" => (vec![by_hand("data", &[])], paged(t1312::Item::fields())),
        "1316" => (vec![by_hand("data", &[])], paged(t1316::Pair::fields())),
        "1317" => (vec![by_hand("data", &[])], paged(t1317::Pair::fields())),
        "1318" => (vec![by_hand("data", &[])], paged(t1318::Limit::fields())),
        "1319" => (vec![by_hand("data", &[])], paged(t1319::Share::fields())),
        "1901" => (vec![by_hand("data", &["type"])], vec![many("list", vec![])]),
        "2101" => (
            vec![one("druginfo", t2101::Purchase::fields()), some("drugdetail", t2101::Line::fields())],
            bought(),
        ),
        "2102" => (
            vec![
                one("druginfo", t2101::Purchase::fields()),
                some("drugdetail", t2101::Line::fields()),
                many("durg_trac_info", t2102::TraceabilityCode::fields()),
            ],
            bought(),
        ),
        "2103" => (vec![one("data", t2305::Input::fields())], money()),
        "2161" => (direct(t2161::Input::fields()), vec![one("", t2161::Output::fields())]),
        "2163" => (direct(purchase_order::Named::fields()), vec![one("", vec![])]),
        "2166" => (
            vec![
                one(purchase_order::NODE, t2166::Order::fields()).also(&[""]),
                some("feedetl", t2166::Line::fields()),
            ],
            vec![one("", t2166::Output::fields())],
        ),
        "2167" => (direct(purchase_order::Named::fields()), vec![]),
        "2170" => (direct(t2170::Input::fields()), vec![many("", vec![])]),
        "2171" => (direct(t2171::Input::fields()), vec![many("", vec![])]),
        "2181" => (direct(t2181::Row2181::fields()), vec![]),
        "2201" => {
            (vec![one("data", t2201::Registering::fields())], vec![one("data", t2201::Registered::fields())])
        }
        "2202" => (vec![one("data", t2202::Input::fields())], vec![]),
        "2203" | "2203A" => (
            vec![
                one("mdtrtinfo", t2203::Description::fields()),
                many("diseinfo", t2203::Diagnosis::fields()),
            ],
            vec![],
        ),
        "2204" => {
            (vec![some("feedetail", t2204::Line::fields())], vec![many("result", t2301::SplitLine::fields())])
        }
        "2205" => (vec![one("data", t2205::Input::fields())], vec![]),
        "2206" | "2207" => (vec![one("data", t2206::BillToSettle::fields())], money()),
        "2206A" | "2207A" => (
            vec![one("data", t2206::BillToSettle::fields()), many("feedetail", t2204::Line::fields())],
            money(),
        ),
        "2208" => (
            vec![one("data", t2305::Input::fields())],
            vec![
                // Real platforms answer it under this name.
                one("setlinfo", vec![FieldShape::written("psn_cash_pay", "个人现金支出", "Fen")]),
                many("setldetail", SettlementDetail::fields()),
            ],
        ),
        "2301" => {
            (vec![some("feedetail", t2301::Line::fields())], vec![many("result", t2301::SplitLine::fields())])
        }
        "2302" => (vec![some("data", t2302::Deletion::fields())], vec![]),
        "2303" | "2304" => (vec![one("data", SettlementInput::fields())], money()),
        "2305" => {
            // A text of 16,2 in the table; a number in real answers and in ours.
            let number = vec![FieldShape::written("hifdm_pay", "伤残人员医疗保障基金支出", "Fen")];
            (
                vec![one("data", t2305::Input::fields())],
                vec![one("setlinfo", number), many("setldetail", SettlementDetail::fields())],
            )
        }
        "2401" => (
            vec![one("mdtrtinfo", t2401::Admission::fields()), some("diseinfo", t2401::Diagnosis::fields())],
            vec![one("result", t2401::Admitted::fields())],
        ),
        "2402" => (
            vec![one("dscginfo", t2402::Discharge::fields()), many("diseinfo", t2401::Diagnosis::fields())],
            vec![],
        ),
        "2403" => (
            vec![one("adminfo", t2403::Correction::fields()), many("diseinfo", t2401::Diagnosis::fields())],
            vec![],
        ),
        "2404" => (vec![one("data", t2404::Input::fields())], vec![]),
        "2405" => (vec![one("data", t2405::Input::fields())], vec![]),
        "2501" | "2501A" => {
            (vec![one("refmedin", t2501::Referral::fields())], vec![one("result", t2501::Referred::fields())])
        }
        "2502" => (vec![one("data", t2502::Input::fields())], vec![]),
        "2503" => {
            (vec![one("data", t2503::Disease::fields())], vec![one("result", t2503::Registered::fields())])
        }
        "2504" => (vec![one("data", t2504::Input::fields())], vec![]),
        "2505" => {
            (vec![one("data", t2505::Choice::fields())], vec![one("result", t2505::Registered::fields())])
        }
        "2506" => (vec![one("data", t2506::Input::fields())], vec![]),
        "2507" => {
            (vec![one("data", t2507::Accident::fields())], vec![one("result", t2507::Referred::fields())])
        }
        "2601" => (vec![one("data", t2601::Input::fields())], vec![]),
        "2172" | "2173" | "2174" | "2175" => {
            (vec![], vec![one("parameters", vec![]), many("n_output", vec![])])
        }
        "2176" => (vec![], vec![many("", vec![])]),
        "3202" => (
            vec![by_hand(
                "data",
                &[
                    "file_qury_no",
                    "stmt_begndate",
                    "stmt_enddate",
                    "medfee_sumamt",
                    "fund_pay_sumamt",
                    "fixmedins_setl_cnt",
                ],
            )],
            vec![one("fileinfo", t3202::Output::fields())],
        ),
        "3260" => (vec![], vec![many("data", vec![])]),
        "3301" => (vec![some("data", t3301::Pair::fields()).also(&["catalogcompin"])], vec![]),
        "3302" => (vec![one("data", t3302::Input::fields()).also(&[""])], vec![]),
        "5201" => (
            vec![one("data", t5201::Input::fields())],
            vec![many("mdtrtinfo", both(PersonFace::fields(), t5201::Further::fields()))],
        ),
        "5203" => (vec![one("data", t5203::Input::fields())], money()),
        "5204" => (
            vec![one("data", t5204::Input::fields())],
            vec![many("", both(t5204::Known::fields(), t5204::Further::fields()))],
        ),
        "5205" => (
            vec![one("data", t5205::Input::fields())],
            vec![many("feedetail", both(t5205::Known::fields(), t5205::Further::fields()))],
        ),
        "5206" => (vec![one("data", t5206::Input::fields())], vec![many("cuminfo", t5206::Sum::fields())]),
        "5301" => {
            (vec![one("data", t5301::Input::fields())], vec![many("feedetail", t5301::Disease::fields())])
        }
        "5302" => {
            (vec![one("data", t5302::Input::fields())], vec![many("psnfixmedin", t5302::Choice::fields())])
        }
        "5304" => {
            (vec![one("data", t5304::Input::fields())], vec![many("refmedin", t5304::Referral::fields())])
        }
        "5303" => {
            let face = PersonFace::fields().into_iter().filter(|field| field.name != "naty").collect();
            (vec![one("data", t5303::Input::fields())], vec![many("data", face)])
        }
        "9001" => {
            (vec![one("signIn", t9001::Input::fields())], vec![one("signinoutb", t9001::SignIn::fields())])
        }
        "9002" => (
            vec![one("signOut", t9002::Input::fields())],
            vec![one("sign_time", vec![]), one("signoutoutb", vec![]).also(&["sign_time"])],
        ),
        "9101" => (vec![by_hand("fsUploadIn", &["in", "filename"])], vec![one("", t9101::Output::fields())]),
        "9102" => (vec![one("fsDownloadIn", t9102::Input::fields())], vec![]),
        "2001" => {
            (vec![one("data", t2001::Input::fields())], vec![many("trtinfo", t2001::FundCheck::fields())])
        }
        "2306" => (vec![some("data", t2306::Line::fields())], vec![]),
        "2406" => (vec![one("data", t2406::Input::fields())], vec![one("IptPsnSpFlagRegOut", vec![])]),
        "2407" => (vec![by_hand("data", &[])], vec![many("IptPsnSpFlagReg", t2407::Attribute::fields())]),
        "3401" | "3401A" | "3402" => (vec![some("deptinfo", t3401::Department::fields())], vec![]),
        "3403" => (vec![one("data", t3403::Input::fields())], vec![]),
        "4101" | "4101A" => {
            let rows = ["opspdiseinfo", "diseinfo", "oprninfo", "icuinfo", "payinfo", "bldinfo", "iteminfo"];
            let list = by_hand("setlinfo", &LIST_NEEDED);
            let rows = rows.into_iter().map(|node| many(node, vec![]));
            (std::iter::once(list).chain(rows).collect(), vec![one("data", vec![])])
        }
        "4102" => (vec![some("data", t4102::Change::fields()).also(&["stastinfo"])], vec![]),
        "4103" => (vec![one("data", t4103::Input::fields())], vec![]),
        "4104" => (vec![one("data", t4104::Asked::fields())], vec![many("", vec![])]),
        "4105" => (vec![by_hand("data", &["stt_begntime", "stt_endtime"])], vec![one("", vec![])]),
        "4201" => (
            vec![some("feedetail", both(self_paid::NamedBefore::fields(), self_paid::Numbers::fields()))],
            vec![],
        ),
        "4201A" => (
            vec![some(
                "fsiOwnpayPatnFeeListDDTO",
                both(self_paid::Named::fields(), self_paid::Numbers::fields()),
            )],
            vec![],
        ),
        "4202" => (
            vec![
                one("ownPayPatnMdtrtD", self_paid::Visit::fields()),
                some("ownPayPatnDiagListD", self_paid::Diagnosis::fields()),
            ],
            vec![],
        ),
        "4203" => (vec![one("data", t4203::Input::fields()).also(&[""])], vec![]),
        "4204" => (vec![one("feedetail", t4204::Of::fields()), many("feedetl", vec![])], vec![]),
        "4205" => (
            vec![
                one("mdtrtinfo", self_paid::Visit::fields()),
                some("diseinfo", self_paid::Diagnosis::fields()),
                some("feedetail", both(self_paid::Named::fields(), self_paid::Numbers::fields())),
            ],
            vec![],
        ),
        "5101" => (vec![], vec![many("feedetail", t5101::Department::fields())]),
        "5102" => (vec![one("data", t5102::Input::fields())], vec![many("feedetail", vec![])]),
        "5202" => {
            (vec![one("data", t5202::Input::fields())], vec![many("diseinfo", t5202::Diagnosis::fields())])
        }
        "5401" => (vec![one("bilgiteminfo", t5401::Input::fields())], vec![]),
        "5402" => {
            let nodes = ["checkreportdetails", "inspectionreportinformation", "inspectiondetails"];
            (vec![one("rptdetailinfo", t5402::Input::fields())], nodes.map(|node| many(node, vec![])).into())
        }
        "90100" => {
            (vec![one("data", t90100::Input::fields())], vec![many("", t90100::Contribution::fields())])
        }
        "100001" => (vec![one("data", t100001::Input::fields())], vec![many("", vec![])]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_served_is_described() {
        let bare = |one: &Description| {
            standard::transaction(one.transaction.infno).is_none() && one.input.is_empty()
        };
        let strange: Vec<_> = all().filter(bare).map(|one| one.transaction.infno).collect();
        assert!(
            strange.is_empty(),
            "{strange:?} is not in the standard's tables: a line in `own` describes it"
        );
    }
}
