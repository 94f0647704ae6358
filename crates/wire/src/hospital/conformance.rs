//! How far a message keeps to the standard: every deviation of a request or an answer, by field and rule.
//!
//! Clients and platforms deviate, and [`super::field`] tolerates most of it. This is the other half: it says what was
//! tolerated, so that whoever writes a client sees it before the next platform refuses it. It is a pure function of the
//! message and of the standard's tables; it decides nothing, and repeats no value but codes.
//!
//! To add a rule: a variant of [`Rule`] with its words and its advice, and the place where it is found.

use super::{
    describe::{self, Description},
    field::{is_absent, is_flat, letters},
    shape::Kind as OwnKind,
    standard::{self, Field, Kind, Node, Rows},
};
use serde_json::{Map, Value};

/// Where and how a message leaves the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The field, with its node: `input.feedetail.cnt`, `msgid`.
    pub field: String,
    /// Its Chinese name, where it has one.
    pub chinese: &'static str,
    /// Which rule.
    pub rule: Rule,
    /// What was found and what is said, in Chinese.
    pub detail: String,
    /// What this platform does with it, in Chinese.
    pub handled: &'static str,
    /// The first row in which it is, from 1, where the node has rows.
    pub row: Option<usize>,
    /// In how many rows it is.
    pub times: usize,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $code:literal $chinese:literal $weight:ident;)*) => {
        /// A rule of the standard.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[$doc])* $name,)* }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Does not change.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The rule in a few Chinese words.
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }

            /// How much it matters.
            pub const fn weight(self) -> Weight {
                match self { $(Self::$name => Weight::$weight,)* }
            }
        }
    };
}

/// How much a deviation matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Editions and platforms differ here: worth knowing.
    Note,
    /// Against the standard; some platforms take it, others do not.
    Fault,
}

impl Weight {
    /// 提示 or 偏差.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Note => "提示",
            Self::Fault => "偏差",
        }
    }
}

rules! {
    /// The body is no JSON object.
    NotJson "not-json" "报文不是JSON对象" Fault;
    /// Something stands before the object.
    Preamble "preamble" "JSON对象前有多余内容" Fault;
    /// No such transaction in the standard.
    UnknownTransaction "unknown-transaction" "交易编号不在规范中" Fault;
    /// A transaction of another edition, whose fields are not known here.
    OtherTransaction "other-transaction" "其他版本的交易" Note;
    /// No such node in the transaction.
    UnknownNode "unknown-node" "节点不在规范中" Fault;
    /// A node of another edition.
    OtherNode "other-node" "其他版本的节点名" Note;
    /// A node is missing.
    NodeMissing "node-missing" "缺少节点" Fault;
    /// The fields lie in the input without their node.
    Flat "flat" "字段未放入节点" Fault;
    /// An array where one row belongs.
    ArrayForObject "array-for-object" "单行节点写成了数组" Fault;
    /// An array where the standard has one row, and platforms write rows.
    OtherRows "other-rows" "行数的写法各地不同" Note;
    /// An object where rows belong.
    ObjectForArray "object-for-array" "多行节点写成了对象" Fault;
    /// No such field in the node.
    UnknownField "unknown-field" "字段不在规范中" Note;
    /// A field of another edition.
    OtherField "other-field" "其他版本的字段" Note;
    /// The key in other case or without its underscores.
    KeySpelling "key-spelling" "键名写法与规范不同" Fault;
    /// A required field is not there.
    Missing "missing" "缺少必填字段" Fault;
    /// A field that one edition alone requires is not there.
    MissingInOneEdition "missing-in-one-edition" "个别版本的必填字段缺失" Note;
    /// `"null"` as a text.
    NullText "null-text" "空值写成了文本null" Fault;
    /// A text where a number belongs.
    TextForNumber "text-for-number" "数值写成了文本" Note;
    /// A number where a text belongs.
    NumberForText "number-for-text" "文本写成了数值" Note;
    /// Neither text nor number.
    WrongType "wrong-type" "值的类型不符" Fault;
    /// No number at all.
    NotANumber "not-a-number" "不是数值" Fault;
    /// More decimals than the table has.
    Decimals "decimals" "小数位数超出" Fault;
    /// Longer than the table says.
    TooLong "too-long" "超过规定长度" Fault;
    /// No day or time of the standard's form.
    BadDate "bad-date" "日期或时间格式不符" Fault;
    /// A value that its code table does not have.
    NotInTable "not-in-table" "值不在代码表中" Note;
    /// A message id of another shape.
    MessageIdShape "message-id-shape" "报文ID不合规定的结构" Note;
    /// An institution's code of another shape.
    InstitutionShape "institution-shape" "机构编号不合规定的结构" Note;
    /// A division of another shape.
    DivisionShape "division-shape" "医保区划不是六位数字" Fault;
    /// An envelope field that no edition has.
    UnknownEnvelopeField "unknown-envelope-field" "报文头字段不在规范中" Note;
    /// An `infcode` that is neither 0 nor -1, or not a number.
    StatusCode "status-code" "交易状态码不合规范" Fault;
    /// A refusal without a sentence, or with one that is too long.
    ErrorText "error-text" "错误信息不合规范" Fault;
    /// Amounts that do not balance.
    Identity "identity" "金额等式不成立" Fault;
}

impl Rule {
    /// What whoever writes the client does about it, in one Chinese sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NotJson => "请检查报文的编码（UTF-8）、引号和括号，整体应是一个JSON对象。",
            Self::Preamble => "请去掉JSON对象前的字节顺序标记、等号或表单前缀，只发送JSON对象。",
            Self::UnknownTransaction => "请按接口规范核对交易编号infno。",
            Self::OtherTransaction => "请确认所接平台是否开通此交易，未开通的请改用本规范的交易。",
            Self::UnknownNode => "请按规范的节点名发送；多余的节点请去掉。",
            Self::OtherNode => "请改用本规范的节点名，以免其他平台不认。",
            Self::NodeMissing => "请补上这个节点，并把字段放入其中。",
            Self::Flat => "请把这些字段放入规范规定的节点内再发送。",
            Self::ArrayForObject => "请把这个节点写成一个对象，不要写成数组。",
            Self::OtherRows => "请按所接平台的要求确定写成对象还是数组，并保持一致。",
            Self::ObjectForArray => "请把这个节点写成数组，只有一行也放在数组内。",
            Self::UnknownField => "如属误写请更正，本平台不使用的请去掉。",
            Self::OtherField => "请核对接口版本，改用本规范的字段。",
            Self::KeySpelling => "请按规范的写法改键名，注意大小写和下划线。",
            Self::Missing => "请补填这个字段。",
            Self::MissingInOneEdition => "建议一并补填，以免执行该版本的平台拒绝。",
            Self::NullText => "没有值时请不填或填空串，不要填文本null。",
            Self::TextForNumber => "请把数值写成JSON数值，去掉引号。",
            Self::NumberForText => "请把这个值加引号写成文本，以免丢掉前面的零。",
            Self::WrongType => "请按规范的类型改写这个值。",
            Self::NotANumber => "请填写数值，不带单位、逗号和空格。",
            Self::Decimals => "请按规定的小数位数四舍五入后再发送。",
            Self::TooLong => "请缩短到规定长度以内，或核对是否填错了字段。",
            Self::BadDate => "请按yyyy-MM-dd或yyyy-MM-dd HH:mm:ss填写北京时间。",
            Self::NotInTable => "请按代码表（1901下载）核对代码，院内代码请先转换。",
            Self::MessageIdShape => "请按机构编号12位、时间14位、顺序号4位组成报文ID，每条报文不同。",
            Self::InstitutionShape => "请核对定点医药机构编号，应与登记的一致。",
            Self::DivisionShape => "请填写六位数字的医保区划。",
            Self::UnknownEnvelopeField => "请去掉规范之外的报文头字段。",
            Self::StatusCode => "交易状态码应为数值0或-1。",
            Self::ErrorText => "拒绝时应给出一句200字以内的错误信息。",
            Self::Identity => "请逐项核对金额，更正后重新发送。",
        }
    }
}

/// All deviations of a request, in the order of the message; none if it keeps to the standard.
pub fn of_request(body: &[u8]) -> Vec<Deviation> {
    let mut found = Found::default();
    let Some(fields) = found.object(body) else { return found.list };
    let (envelope, _) = standard::envelope();
    found.envelope(&fields, envelope);
    shapes_of_envelope(&fields, &mut found);
    let get = |name: &str| value_of(&fields, name);
    let infno = get("infno").map(plain).unwrap_or_default().to_ascii_uppercase();
    let Some(transaction) = standard::transaction(&infno) else {
        if super::table::table().iter().any(|known| known.infno == infno) {
            let detail = format!("交易{}，其字段未作检查", code(&infno));
            found.add("infno", "交易编号", Rule::OtherTransaction, detail, "本平台未开通此交易");
        } else if !infno.is_empty() {
            found.add("infno", "交易编号", Rule::UnknownTransaction, format!("交易{}", code(&infno)), "拒绝");
        }
        return found.list;
    };
    match get("input") {
        // Under seal: what is inside is not for reading here.
        Some(Value::String(_)) | None => {}
        Some(Value::Object(input)) => {
            found.nodes("input", input, &transaction.input, describe::describe(&infno).as_ref(), true);
        }
        Some(_) => found.add("input", "交易输入", Rule::WrongType, "应为JSON对象".to_owned(), "拒绝"),
    }
    found.list
}

/// All deviations of an answer to a transaction.
pub fn of_answer(infno: &str, body: &[u8]) -> Vec<Deviation> {
    let mut found = Found { answers: true, ..Found::default() };
    let Some(fields) = found.object(body) else { return found.list };
    let (_, envelope) = standard::envelope();
    found.envelope(&fields, envelope);
    let success = found.outcome(&fields);
    let infno = infno.to_ascii_uppercase();
    let Some(transaction) = standard::transaction(&infno) else { return found.list };
    if !success {
        return found.list;
    }
    match value_of(&fields, "output") {
        Some(Value::Object(output)) => {
            found.nodes("output", output, &transaction.output, describe::describe(&infno).as_ref(), false);
            balance(output, &mut found);
        }
        Some(Value::Array(rows)) => match &transaction.output[..] {
            [node] if node.name.is_empty() => found.rows("output", rows, node, None, false),
            _ => found.add("output", "交易输出", Rule::WrongType, "应为JSON对象".to_owned(), LOOKED_PAST),
        },
        Some(Value::String(_)) => {}
        None | Some(Value::Null) if transaction.output.is_empty() => {}
        None | Some(Value::Null) => {
            found.add("output", "交易输出", Rule::NodeMissing, "成功的应答没有输出".to_owned(), LOOKED_PAST);
        }
        Some(_) => found.add("output", "交易输出", Rule::WrongType, "应为JSON对象".to_owned(), LOOKED_PAST),
    }
    found.list
}

/// What is said of an answer's deviation: nobody here reads it.
const LOOKED_PAST: &str = "";

#[derive(Default)]
struct Found {
    list: Vec<Deviation>,
    answers: bool,
    row: Option<usize>,
}

impl Found {
    fn add(&mut self, field: &str, chinese: &'static str, rule: Rule, detail: String, handled: &'static str) {
        let same = |known: &&mut Deviation| known.field == field && known.rule == rule;
        if self.row.is_some()
            && let Some(known) = self.list.iter_mut().rev().find(same)
        {
            known.times += 1;
            return;
        }
        let handled = if self.answers { LOOKED_PAST } else { handled };
        let field = field.to_owned();
        self.list.push(Deviation { field, chinese, rule, detail, handled, row: self.row, times: 1 });
    }

    /// The object that a body is; what stands before it is told.
    fn object(&mut self, body: &[u8]) -> Option<Map<String, Value>> {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let bare = text.trim_start_matches(|c: char| c == '\u{feff}' || c == '=' || c.is_whitespace());
        if bare.len() < text.trim_start().len() {
            let detail = "有字节顺序标记或等号".to_owned();
            self.add("", "", Rule::Preamble, detail, "略过");
        }
        if let Ok(Value::Object(fields)) = serde_json::from_str(bare) {
            return Some(fields);
        }
        self.add("", "", Rule::NotJson, "无法解析为JSON对象".to_owned(), "拒绝");
        None
    }

    /// The fields of the envelope, all of them known.
    fn envelope(&mut self, fields: &Map<String, Value>, known: &'static [Field]) {
        for (key, value) in fields {
            match find(known, key) {
                Some(field) if field.name == "input" || field.name == "output" => {
                    self.spelling("", key, field);
                }
                Some(field) => {
                    self.spelling("", key, field);
                    self.value("", field, value, None);
                }
                None if is_extra(key, self.answers) => {}
                None => {
                    let detail = "报文头规定之外的字段".to_owned();
                    self.add(key, "", Rule::UnknownEnvelopeField, detail, "略过");
                }
            }
        }
        for field in known {
            let there = value_of(fields, field.name).is_some_and(|value| !is_absent(value));
            // A transaction without input, an answer that refuses, a version of which nobody reads anything.
            if field.required && !there && field.name != "input" && field.name != "inf_refmsgid" {
                let needed = ["infno", "msgid", "mdtrtarea_admvs", "fixmedins_code"].contains(&field.name);
                let handled = if needed { "拒绝" } else { "视为未填" };
                self.add(field.name, field.chinese, Rule::Missing, "必填".to_owned(), handled);
            }
        }
    }

    /// `infcode` and `err_msg`; true for success.
    fn outcome(&mut self, fields: &Map<String, Value>) -> bool {
        let wrong = |detail: &str| (Rule::StatusCode, detail.to_owned());
        let infcode = fields.get("infcode");
        let (success, fault) = match infcode {
            Some(Value::Number(number)) => match number.as_i64() {
                Some(0) => (true, None),
                Some(-1) => (false, None),
                _ => (false, Some(wrong("应为0（成功）或-1（失败）"))),
            },
            Some(Value::String(text)) => (text == "0", Some(wrong("应为数值0或-1，写成了文本"))),
            _ => (false, Some(wrong("应为数值0或-1"))),
        };
        if let Some((rule, detail)) = fault {
            self.add("infcode", "交易状态码", rule, detail, LOOKED_PAST);
        }
        let said = fields.get("err_msg").filter(|text| !is_absent(text)).map(plain).unwrap_or_default();
        if !success && said.is_empty() {
            let detail = "失败的应答没有错误信息".to_owned();
            self.add("err_msg", "错误信息", Rule::ErrorText, detail, LOOKED_PAST);
        }
        success
    }

    /// The nodes of an input or output.
    fn nodes(
        &mut self,
        place: &str,
        given: &Map<String, Value>,
        known: &'static [Node],
        here: Option<&Description>,
        is_input: bool,
    ) {
        // A table whose fields lie in the input or output itself.
        if let [node] = known
            && node.name.is_empty()
        {
            let inside = given.get("data").and_then(Value::as_object).filter(|_| is_input);
            self.fields(place, inside.unwrap_or(given), node, own_node(here, is_input, node.name), is_input);
            return;
        }
        let nested: Vec<&Node> = known.iter().filter(|node| !node.name.is_empty()).collect();
        if is_input && is_flat(given) && !nested.is_empty() {
            let node = nested[0];
            let detail = format!("应在节点{}内", node.name);
            self.add(place, "", Rule::Flat, detail, "按该节点读取");
            self.fields(
                &format!("{place}.{}", node.name),
                given,
                node,
                own_node(here, is_input, node.name),
                is_input,
            );
            return;
        }
        let mut seen = Vec::new();
        for (key, value) in given {
            let path = format!("{place}.{key}");
            let known_here =
                |node: &&describe::Node| node.name == key || node.aliases.contains(&key.as_str());
            let own_alias = own_nodes(here, is_input).iter().find(known_here);
            let node = nested.iter().copied().find(|node| same(node.name, key));
            let Some(node) = node else {
                let (rule, handled) = match own_alias {
                    Some(_) => (Rule::OtherNode, "照样读取"),
                    None => (Rule::UnknownNode, "略过"),
                };
                let names = nested.iter().map(|node| node.name).collect::<Vec<_>>().join("、");
                self.add(&path, "", rule, format!("规范的节点为{names}"), handled);
                if let Some(own) = own_alias {
                    seen.push(own.name);
                }
                continue;
            };
            seen.push(node.name);
            if node.name != key {
                let detail = format!("规范写作{}", node.name);
                self.add(&path, node.chinese, Rule::KeySpelling, detail, "按规范的节点读取");
            }
            let own = own_node(here, is_input, node.name);
            let rows = match (node.rows, own) {
                (Rows::NotSaid, Some(own)) if own.many => Rows::Many,
                (Rows::NotSaid, Some(own)) if own.certain => Rows::One,
                (rows, _) => rows,
            };
            match value {
                Value::Object(fields) => {
                    if rows == Rows::Many {
                        let detail = "多行数据，应为JSON数组".to_owned();
                        self.add(&path, node.chinese, Rule::ObjectForArray, detail, "按一行读取");
                    }
                    self.fields(&path, fields, node, own, is_input);
                }
                Value::Array(list) => {
                    if rows == Rows::One && own.is_some_and(|own| own.many) {
                        let detail = "规范为单行数据，各地多写成数组".to_owned();
                        self.add(&path, node.chinese, Rule::OtherRows, detail, "照样读取");
                    } else if rows == Rows::One {
                        let detail = "单行数据，应为JSON对象".to_owned();
                        self.add(&path, node.chinese, Rule::ArrayForObject, detail, "恰有一行时按该行读取");
                    }
                    self.rows(&path, list, node, own, is_input);
                }
                value if is_absent(value) => {}
                _ => {
                    let detail = "应为JSON对象或数组".to_owned();
                    self.add(&path, node.chinese, Rule::WrongType, detail, "拒绝");
                }
            }
        }
        for node in &nested {
            let needed = match own_node(here, is_input, node.name) {
                Some(own) => own.required,
                None => is_input,
            };
            if needed && !seen.contains(&node.name) {
                let handled = if here.is_some() { "拒绝" } else { "本平台未开通此交易" };
                let path = format!("{place}.{}", node.name);
                self.add(&path, node.chinese, Rule::NodeMissing, format!("应有节点{}", node.name), handled);
            }
        }
    }

    fn rows(
        &mut self,
        path: &str,
        list: &[Value],
        node: &'static Node,
        own: Option<&describe::Node>,
        is_input: bool,
    ) {
        for (index, value) in list.iter().enumerate() {
            self.row = Some(index + 1);
            match value {
                Value::Object(fields) => self.fields(path, fields, node, own, is_input),
                _ => self.add(path, node.chinese, Rule::WrongType, "每行应为JSON对象".to_owned(), "拒绝"),
            }
        }
        self.row = None;
    }

    fn fields(
        &mut self,
        path: &str,
        given: &Map<String, Value>,
        node: &'static Node,
        own: Option<&describe::Node>,
        is_input: bool,
    ) {
        let own_field = |name: &str| own.and_then(|node| node.fields.iter().find(|field| field.name == name));
        for (key, value) in given {
            let Some(field) = find(&node.fields, key) else {
                let read = own.and_then(|node| node.fields.iter().find(|field| same(field.name, key)));
                let (rule, handled) = match read {
                    Some(_) => (Rule::OtherField, "照样读取"),
                    None => (Rule::UnknownField, "略过"),
                };
                let chinese = read.map_or("", |field| field.chinese);
                self.add(&format!("{path}.{key}"), chinese, rule, "V1.1.27的字段表没有".to_owned(), handled);
                continue;
            };
            self.spelling(&format!("{path}."), key, field);
            self.value(&format!("{path}."), field, value, own_field(field.name));
        }
        self.line(path, given);
        let mut in_one_edition = Vec::new();
        for field in &node.fields {
            let there = given.iter().any(|(key, value)| same(field.name, key) && !is_absent(value));
            if there || !field.required {
                continue;
            }
            // Nobody fills what real answers leave null; the tables differ among editions more than platforms do.
            if !is_input && given.keys().any(|key| same(field.name, key)) {
                continue;
            }
            if field.required_by_one_edition() {
                in_one_edition.push(field.name);
                continue;
            }
            let handled = match own_field(field.name) {
                Some(own) if own.required => "拒绝",
                Some(_) => "视为未填",
                None => "本平台未开通此交易",
            };
            self.add(
                &format!("{path}.{}", field.name),
                field.chinese,
                Rule::Missing,
                "必填".to_owned(),
                handled,
            );
        }
        if !in_one_edition.is_empty() {
            let detail = format!("仅V1.1.27要求填写：{}", in_one_edition.join("、"));
            self.add(path, node.chinese, Rule::MissingInOneEdition, detail, "视为未填");
        }
    }

    /// The identity of a line of fees (6.4): price times quantity is the amount, to the fen.
    fn line(&mut self, path: &str, given: &Map<String, Value>) {
        /// `10^-6` yuan times `10^-4` is `10^-10` yuan, and a fen has a hundred million of them.
        const PER_FEN: i128 = 100_000_000;
        let read =
            |name: &str, places| terms::money::parse_decimal(&plain(value_of(given, name)?), places).ok();
        let (Some(price), Some(quantity), Some(amount)) =
            (read("pric", 6), read("cnt", 4), read("det_item_fee_sumamt", 2))
        else {
            return;
        };
        let expected = price.checked_mul(quantity).map(|product| {
            let fen = product.unsigned_abs() / PER_FEN.unsigned_abs();
            let up = product.unsigned_abs() % PER_FEN.unsigned_abs() >= PER_FEN.unsigned_abs() / 2;
            (fen + u128::from(up)).cast_signed() * product.signum()
        });
        if expected
            .and_then(|expected| expected.checked_sub(amount))
            .is_none_or(|left| left.unsigned_abs() > 1)
        {
            let detail = "单价×数量与金额相差超过0.01元".to_owned();
            self.add(
                &format!("{path}.det_item_fee_sumamt"),
                "明细项目费用总额",
                Rule::Identity,
                detail,
                "拒绝",
            );
        }
    }

    fn spelling(&mut self, prefix: &str, key: &str, field: &'static Field) {
        if field.name != key {
            let path = format!("{prefix}{key}");
            self.add(
                &path,
                field.chinese,
                Rule::KeySpelling,
                format!("规范写作{}", field.name),
                "按规范的字段读取",
            );
        }
    }

    /// One value against its field.
    fn value(&mut self, prefix: &str, field: &'static Field, value: &Value, own: Option<&describe::Field>) {
        let path = format!("{prefix}{}", field.name);
        let mut add = |rule, detail: String, handled| self.add(&path, field.chinese, rule, detail, handled);
        if let Value::String(text) = value
            && text.trim().eq_ignore_ascii_case("null")
        {
            return add(Rule::NullText, "应为空串或不填".to_owned(), "视为未填");
        }
        if is_absent(value) || field.kind == Kind::Other {
            return;
        }
        if value.is_object() || value.is_array() {
            return match field.name {
                "exp_content" => add(Rule::WrongType, "应为JSON文本".to_owned(), "照样读取"),
                _ => add(Rule::WrongType, "应为文本或数值".to_owned(), "拒绝"),
            };
        }
        let shown = plain(value);
        match field.kind {
            Kind::Number => {
                if value.is_string() {
                    add(Rule::TextForNumber, "应为数值".to_owned(), "按数值读取");
                }
                let Some(decimals) = decimals_of(&shown) else {
                    return add(Rule::NotANumber, "不能读作数值".to_owned(), "拒绝");
                };
                if field.decimals.is_some_and(|most| decimals > most) {
                    let most = field.decimals.unwrap_or_default();
                    add(Rule::Decimals, format!("{decimals}位小数，最多{most}位"), "多余的位不为零则拒绝");
                }
            }
            Kind::Day => {
                if !is_day(&shown) {
                    let handled = if super::field::read_moment(&shown).is_some() {
                        "按日期读取"
                    } else {
                        "拒绝"
                    };
                    add(Rule::BadDate, "应为yyyy-MM-dd".to_owned(), handled);
                }
            }
            Kind::Moment => {
                let is_moment = shown.len() == 19 && shown.as_bytes()[10] == b' ' && is_day(&shown[..10]);
                if !is_moment || super::field::read_moment(&shown).is_none() {
                    let handled = if super::field::read_moment(&shown).is_some() {
                        "按时间读取"
                    } else {
                        "拒绝"
                    };
                    add(Rule::BadDate, "应为yyyy-MM-dd HH:mm:ss".to_owned(), handled);
                }
            }
            Kind::Text => {
                if value.is_number() {
                    add(Rule::NumberForText, "应为文本".to_owned(), "按文本读取");
                }
                let length = shown.chars().count();
                let longest = LONGER.iter().find(|(name, _)| *name == field.name && prefix.is_empty());
                let longest = longest.map_or(field.longest, |(_, longest)| Some(*longest));
                if let Some(longest) = longest.filter(|longest| length > *longest) {
                    let own_longest = own.and_then(|own| own.longest);
                    let handled = match own_longest {
                        Some(most) if length > most => "拒绝",
                        Some(_) => "照样读取",
                        None => "不检查",
                    };
                    add(Rule::TooLong, format!("{length}字，最多{longest}字"), handled);
                }
                let wrong_code = field.table().is_some_and(|table| !in_table(table, &shown));
                if wrong_code {
                    let handled = match own.map(|own| own.kind) {
                        Some(OwnKind::Scheme | OwnKind::Flag) => "不能识别则拒绝",
                        _ => "按文本保存",
                    };
                    add(Rule::NotInTable, format!("代码表{}没有{}", field.name, code(&shown)), handled);
                }
            }
            Kind::Other => {}
        }
    }
}

fn own_nodes(here: Option<&Description>, is_input: bool) -> &[describe::Node] {
    here.map_or(&[], |here| if is_input { &here.input } else { &here.output })
}

fn own_node<'a>(here: Option<&'a Description>, is_input: bool, name: &str) -> Option<&'a describe::Node> {
    own_nodes(here, is_input).iter().find(|node| node.name == name || node.aliases.contains(&name))
}

/// Fields of the envelope that are longer in other editions.
const LONGER: [(&str, usize); 3] = [("infno", 6), ("fixmedins_name", 200), ("fixmedins_code", 30)];

/// Fields of the envelope that the table does not have and every platform knows.
fn is_extra(key: &str, answers: bool) -> bool {
    let extras: &[&str] =
        if answers { &["warn_msg", "cainfo", "signtype", "enctype"] } else { &["enctype", "encType"] };
    extras.contains(&key)
}

/// What the standard says of the shapes of the envelope's ids.
fn shapes_of_envelope(fields: &Map<String, Value>, found: &mut Found) {
    let get = |name: &str| value_of(fields, name).filter(|value| !is_absent(value)).map(plain);
    if let Some(code) = get("fixmedins_code")
        && !is_institution(&code)
    {
        let detail = "应为H或P加11位数字（区划6位、顺序号5位）".to_owned();
        found.add("fixmedins_code", "定点医药机构编号", Rule::InstitutionShape, detail, "照样读取");
    }
    if let Some(id) = get("msgid") {
        let institution = get("fixmedins_code").unwrap_or_default();
        let rest = id.strip_prefix(institution.as_str()).unwrap_or_default();
        let well_shaped = rest.len() == 18 && rest.bytes().all(|byte| byte.is_ascii_digit());
        if !well_shaped || id.len() != 30 {
            let detail = format!("{}位，应为机构编号12位、时间14位、顺序号4位", id.chars().count());
            found.add("msgid", "发送方报文ID", Rule::MessageIdShape, detail, "照样读取");
        }
    }
    for (name, chinese) in [("mdtrtarea_admvs", "就医地医保区划"), ("insuplc_admdvs", "参保地医保区划")]
    {
        if let Some(division) = get(name)
            && (division.len() != 6 || !division.bytes().all(|byte| byte.is_ascii_digit()))
        {
            found.add(name, chinese, Rule::DivisionShape, "应为六位数字".to_owned(), "拒绝");
        }
    }
}

fn is_institution(code: &str) -> bool {
    code.len() == 12 && code.starts_with(['H', 'P']) && code[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// The identities of amounts (6.4 of the standard's facts), in an output that has `setlinfo`.
fn balance(output: &Map<String, Value>, found: &mut Found) {
    let info = match output.get("setlinfo") {
        Some(Value::Object(info)) => info,
        Some(Value::Array(rows)) => match rows.first() {
            Some(Value::Object(info)) => info,
            _ => return,
        },
        _ => return,
    };
    let fen = |name: &str| -> Option<i128> { cents(info.get(name)?) };
    let sum = |names: &[&str]| -> Option<i128> {
        names.iter().map(|name| fen(name).or(info.contains_key(*name).then_some(0))).sum()
    };
    let total = fen("medfee_sumamt");
    // 5203 names two of them otherwise.
    let person = fen("psn_part_amt").or_else(|| fen("psn_pay"));
    let cash = fen("psn_cash_pay").or_else(|| fen("cash_payamt"));
    let hospital = fen("hosp_part_amt").unwrap_or_default();
    let funds = fen("fund_pay_sumamt");
    let named =
        ["hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay"];
    let each_fund: i128 = named.iter().filter_map(|name| fen(name)).sum();
    let plus = |one: Option<i128>, other: Option<i128>| Some(one? + other?);
    for (words, left, right) in [
        (
            "医疗费总额＝基金支付总额＋个人负担＋医院负担",
            total,
            plus(funds, person).map(|sum| sum + hospital),
        ),
        ("个人负担＝个人账户＋现金", person, plus(fen("acct_pay"), cash)),
        (
            "医疗费总额＝全自费＋超限价＋先行自付＋符合范围",
            total,
            sum(&["fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"]),
        ),
        ("基金支付总额＝各项基金之和", funds, Some(each_fund)),
    ] {
        if let (Some(left), Some(right)) = (left, right)
            && left != right
        {
            let yuan = |fen: i128| {
                format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100)
            };
            let detail = format!("{words}：{}与{}", yuan(left), yuan(right));
            found.add("output.setlinfo", "结算信息", Rule::Identity, detail, LOOKED_PAST);
        }
    }
}

/// An amount in fen; `None` where there is none, or one that is not to the fen.
fn cents(value: &Value) -> Option<i128> {
    if is_absent(value) {
        return None;
    }
    terms::money::parse_decimal(&plain(value), 2).ok()
}

fn find(known: &'static [Field], key: &str) -> Option<&'static Field> {
    known.iter().find(|field| field.name == key).or_else(|| known.iter().find(|field| same(field.name, key)))
}

fn value_of<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    super::field::find(fields, name)
}

fn same(known: &str, key: &str) -> bool {
    known == key || letters(known).eq(letters(key))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => if *flag { "1" } else { "0" }.to_owned(),
        _ => String::new(),
    }
}

/// A code as it may be repeated: what is longer may be something else in its place, and is not.
fn code(text: &str) -> String {
    if text.chars().count() <= 6 { format!("[{text}]") } else { "该值".to_owned() }
}

/// Whether a table has a code: exactly, lengthened by a province, or as the national code that a provincial edition prints
/// lengthened only (`21` of `2101`); with or without a leading zero.
fn in_table(table: &str, value: &str) -> bool {
    let items = || terms::code::table(table).into_iter().flat_map(|table| &table.items);
    let is_code = |value: &str| {
        terms::code::name_of(table, value).is_some()
            || (value.len() >= 2 && items().any(|(item, _)| item.starts_with(value)))
    };
    let bare = value.trim_start_matches('0');
    is_code(value) || is_code(&format!("0{value}")) || (!bare.is_empty() && is_code(bare))
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-' && super::field::read_moment(text).is_some()
}

/// How many decimals a number has; `None` for what is none.
fn decimals_of(text: &str) -> Option<usize> {
    if text.len() > 32 || terms::money::parse_decimal(text, 12).is_err() {
        return None;
    }
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    Some(fraction.trim_end_matches('0').len())
}
