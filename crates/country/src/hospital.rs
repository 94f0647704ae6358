//! A hospital's software: a client that speaks the national interface as the real ones do, with their different addresses and
//! ways of signing.
//!
//! It knows the interface and nothing behind it: what a node does with a message it learns only from the answer.

use crate::{
    bills::{self, Line},
    institutions,
};
use bytes::Bytes;
use casework::{
    institution::{Authentication, Institution, Secret},
    person::Person,
};
use hyper::{Method, Request, Response, header};
use node::{Carrier, Network};
use serde_json::{Map, Value, json};
use sign::{
    ca_hmac_sm3, csb_hmac_sha1,
    sm2::{PrivateKey, PublicKey},
    sm2_sm4::Sealed,
    sm4, tif_sha256,
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use terms::{
    AdmissionKind, CitizenId, Clock, Fen, InstitutionCode, InsuranceScheme, InsuredPlace, Moment,
    OutpatientKind, PersonNumber, SettlementId, TreatmentPlace, VisitId,
};

/// A hospital's software.
pub struct Hospital {
    settings: Settings,
    clock: Arc<dyn Clock>,
    carrier: Arc<dyn Carrier>,
    messages: Arc<AtomicU64>,
    stamped: Arc<AtomicI64>,
    sign_no: Arc<Mutex<Option<String>>>,
}

/// What is set up when the software is installed in a hospital.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where its province's node is reached: `http://host:port`.
    pub address: String,
    /// 定点医药机构编号.
    pub code: InstitutionCode,
    /// Its name.
    pub name: String,
    /// 就医地医保区划.
    pub place: TreatmentPlace,
    /// How it shows who it is.
    pub authentication: Authentication,
    /// The name under which it signs.
    pub access_key: String,
    /// The secret with which it signs.
    pub secret: Secret,
    /// Its SM2 key and its SM4 key, where its messages go under seal.
    pub keys: Option<(PrivateKey, sm4::Key)>,
    /// The key with which the platform signs its answers; they are not checked without.
    pub platform_key: Option<PublicKey>,
    /// Which form of address its region uses.
    pub form: AddressForm,
    /// The cashier's number and name (经办人).
    pub operator: (String, String),
    /// How long it waits for an answer.
    pub timeout: Duration,
}

impl Settings {
    /// Those of a registered institution whose province is reached at `address`.
    pub fn of(institution: &Institution, address: &str) -> Self {
        Self {
            address: address.trim_end_matches('/').to_owned(),
            code: institution.code.clone(),
            name: institution.name.clone(),
            place: institution.place,
            authentication: institution.authentication,
            access_key: institution.access_key.clone(),
            secret: institution.secret.clone(),
            keys: keys_of(institution),
            platform_key: None,
            form: AddressForm::CallService,
            operator: ("0901".to_owned(), "收费员某".to_owned()),
            timeout: Duration::from_secs(30),
        }
    }

    /// With the key with which the platform signs its answers.
    #[must_use]
    pub fn platform_key(mut self, key: PublicKey) -> Self {
        self.platform_key = Some(key);
        self
    }

    /// With another form of address.
    #[must_use]
    pub fn form(mut self, form: AddressForm) -> Self {
        self.form = form;
        self
    }

    /// With another patience.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

fn keys_of(institution: &Institution) -> Option<(PrivateKey, sm4::Key)> {
    if institution.authentication != Authentication::Sm2Sm4 {
        return None;
    }
    let key = sm4::Key::from_hex(&institution.secret.0)
        .expect("the demonstration's secrets are 32 hexadecimal digits");
    Some((institutions::private_key(&institution.secret), key))
}

/// The forms of address that the regions use for the same interface. A node takes all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressForm {
    /// The standard's own: one address for all transactions.
    CallService,
    /// The same with the transaction number behind it.
    CallServiceNumbered,
    /// A service and a method for each transaction.
    Services,
    /// The CSB gateway's.
    Csb,
    /// The Guangdong gateway's.
    Ebus,
}

impl AddressForm {
    /// All forms.
    pub const ALL: [Self; 5] =
        [Self::CallService, Self::CallServiceNumbered, Self::Services, Self::Csb, Self::Ebus];

    /// The path of a transaction.
    pub fn path(self, infno: &str) -> String {
        const CALL_SERVICE: &str = "/fsi/api/rsfComIfsService/callService";
        match self {
            Self::CallService => CALL_SERVICE.to_owned(),
            Self::CallServiceNumbered => format!("{CALL_SERVICE}/{infno}"),
            Self::Services => {
                service(infno).map_or_else(|| CALL_SERVICE.to_owned(), |path| format!("/fsi/api/{path}"))
            }
            Self::Csb => format!("/power-csb/powercsb/{infno}"),
            Self::Ebus => format!("/ebus/gdyb_api/prd/hsa/hgs/{infno}"),
        }
    }
}

/// Service and method of a transaction, where a region has been seen to use one.
fn service(infno: &str) -> Option<&'static str> {
    Some(match infno {
        "1101" => "fsiPsnInfoService/queryPsnInfo",
        "1201" => "fsiFixMedInsService/queryFixMedIns",
        "2201" => "outpatientDocInfoService/outpatientRregistration",
        "2202" => "outpatientDocInfoService/outpatientRegistrationCancel",
        "2203" => "outpatientDocInfoService/outpatientMdtrtinfoUp",
        "2204" => "outpatientDocInfoService/outpatientFeeListUp",
        "2205" => "outpatientDocInfoService/outpatientFeeListUpCancel",
        "2206" => "outpatientSettleService/preSettletment",
        "2207" => "outpatientSettleService/saveSettletmentV2",
        "2208" => "outpatientSettleService/cancleSettletment",
        "2301" => "hospFeeDtlService/feeDtlUp",
        "2302" => "hospFeeDtlService/feeDtlCl",
        "2303" => "hospSettService/preSett",
        "2304" => "hospSettService/settV2",
        "2305" => "hospSettService/settCl",
        "2401" => "hospitalRegisterService/hospitalRegisterSave",
        "2402" => "dscgService/dischargeProcess",
        "2403" => "hospitalRegisterService/hospitalRegisterEdit",
        "2404" => "hospitalRegisterService/hospitalRegisterCancel",
        "2405" => "dscgService/dischargeUndo",
        "2601" => "reverseService/revsMethod",
        "5203" => "fsiIntegratedQueryService/querySetlInfo",
        "5204" => "fsiIntegratedQueryService/queryFeeList",
        "5206" => "fsiIntegratedQueryService/queryFixmedinsPracPsnSum",
        "5303" => "fsiIntegratedQueryService/queryInhospInfo",
        "9001" => "signInSignOutService/signIn",
        "9002" => "signInSignOutService/signOut",
        _ => return None,
    })
}

/// Why a call brought no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// No whole answer came: whether the message was handled is not known. The same message may be sent again.
    NoAnswer(String),
    /// The gateway let nobody through; nothing was handled.
    Gateway {
        /// HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The platform answered no.
    Refused {
        /// `infcode`.
        infcode: i64,
        /// The sentence for the cashier.
        message: String,
    },
    /// An answer that the interface does not know.
    NotUnderstood(String),
}

impl CallError {
    /// The sentence of the platform, if it answered no.
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused { message, .. } => Some(message),
            _ => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(why) => write!(f, "未收到应答：{why}"),
            Self::Gateway { status, message } => write!(f, "网关拒绝（{status}）：{message}"),
            Self::Refused { infcode, message } => write!(f, "平台拒绝（{infcode}）：{message}"),
            Self::NotUnderstood(what) => write!(f, "应答不符合接口规范：{what}"),
        }
    }
}

impl std::error::Error for CallError {}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// Content type; empty if none was said.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

/// What a call gives.
pub type Called<T> = Result<T, CallError>;

/// A person at the counter, as the hospital knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// 人员编号.
    pub number: PersonNumber,
    /// 公民身份号码.
    pub citizen: CitizenId,
    /// Name.
    pub name: String,
    /// The scheme that is to pay.
    pub scheme: InsuranceScheme,
    /// 参保地.
    pub insured: InsuredPlace,
}

impl Patient {
    /// A person in the scheme of their first enrolment.
    ///
    /// # Panics
    /// If the person is not insured at all.
    pub fn of(person: &Person) -> Self {
        let enrolment = person.enrolments.first().expect("a patient of the simulated country is insured");
        Self {
            number: person.number.clone(),
            citizen: person.citizen.clone(),
            name: person.name.clone(),
            scheme: enrolment.scheme,
            insured: enrolment.insured,
        }
    }
}

/// A stay in hospital.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// 住院号.
    pub number: String,
    /// 入院时间.
    pub admitted: Moment,
    /// 出院时间.
    pub discharged: Moment,
    /// 住院类型.
    pub kind: AdmissionKind,
    /// 医疗类别.
    pub med_type: String,
    /// Code and name of the main diagnosis (ICD-10 医保版).
    pub diagnosis: (String, String),
    /// Code and name of the department.
    pub department: (String, String),
}

impl Stay {
    /// An ordinary stay with an everyday diagnosis.
    pub fn ordinary(number: &str, admitted: Moment, discharged: Moment) -> Self {
        let pair = |code: &str, name: &str| (code.to_owned(), name.to_owned());
        Self {
            number: number.to_owned(),
            admitted,
            discharged,
            kind: AdmissionKind::Ordinary,
            med_type: "21".to_owned(),
            diagnosis: pair("J18.900", "肺炎"),
            department: pair("A03.01", "呼吸内科专业"),
        }
    }

    /// The same as an emergency, with a diagnosis of one.
    #[must_use]
    pub fn emergency(mut self) -> Self {
        self.kind = AdmissionKind::Emergency;
        self.diagnosis = ("I21.900".to_owned(), "急性心肌梗死".to_owned());
        self.department = ("A03.04".to_owned(), "心血管内科专业".to_owned());
        self
    }
}

/// A visit to an outpatient department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outpatient {
    /// 门诊号.
    pub number: String,
    /// 就诊时间.
    pub at: Moment,
    /// 医疗类别.
    pub med_type: String,
    /// 门诊急诊转诊标志.
    pub kind: Option<OutpatientKind>,
    /// 外伤标志 and 涉及第三方标志, of an injury.
    pub third_party: Option<bool>,
    /// Code and name of the chronic or special disease (病种).
    pub disease: Option<(String, String)>,
    /// Code and name of the main diagnosis (ICD-10 医保版).
    pub diagnosis: (String, String),
    /// Code and name of the department.
    pub department: (String, String),
}

impl Outpatient {
    /// An ordinary visit (普通门诊) with an everyday diagnosis.
    pub fn ordinary(number: &str, at: Moment) -> Self {
        let pair = |code: &str, name: &str| (code.to_owned(), name.to_owned());
        Self {
            number: number.to_owned(),
            at,
            med_type: "11".to_owned(),
            kind: None,
            third_party: None,
            disease: None,
            diagnosis: pair("J06.900", "急性上呼吸道感染"),
            department: pair("A03.01", "呼吸内科专业"),
        }
    }

    /// The same for a chronic disease (门诊慢特病).
    #[must_use]
    pub fn chronic(mut self, code: &str, name: &str) -> Self {
        "14".clone_into(&mut self.med_type);
        self.disease = Some((code.to_owned(), name.to_owned()));
        self
    }

    /// The same as an emergency (急诊).
    #[must_use]
    pub fn emergency(mut self) -> Self {
        "13".clone_into(&mut self.med_type);
        self.kind = Some(OutpatientKind::Emergency);
        self
    }

    /// The same as an injury, for which a third party is liable or not.
    #[must_use]
    pub fn injury(mut self, third_party: bool) -> Self {
        self.third_party = Some(third_party);
        self
    }

    /// `exp_content` of 2203, 2206 and 2207.
    fn exp_content(&self) -> String {
        let flag = |flag: bool| if flag { "1" } else { "0" };
        json!({
            "MDTRT_GRP_TYPE": "", "TRUM_FLAG": flag(self.third_party.is_some()),
            "REL_TTP_FLAG": self.third_party.map_or("", flag),
            "OTP_ER_REFL_FLAG": self.kind.map_or("", OutpatientKind::code),
        })
        .to_string()
    }
}

impl Patient {
    /// Out of the answer to 1101. The scheme is the first that is in force.
    pub fn read(answer: &Value) -> Called<Self> {
        let enrolments =
            answer.pointer("/output/insuinfo").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let in_force =
            |enrolment: &&Value| enrolment.get("psn_insu_stas").and_then(Value::as_str) == Some("1");
        let enrolment = enrolments.iter().find(in_force).or(enrolments.first());
        let enrolment = enrolment.ok_or_else(|| CallError::NotUnderstood("无参保信息insuinfo".to_owned()))?;
        let scheme = text(enrolment, "/insutype")?;
        Ok(Self {
            number: parsed(answer, "/output/baseinfo/psn_no")?,
            citizen: parsed(answer, "/output/baseinfo/certno")?,
            name: text(answer, "/output/baseinfo/psn_name")?,
            scheme: InsuranceScheme::from_code(&scheme).ok_or(CallError::NotUnderstood(scheme))?,
            insured: InsuredPlace(parsed(enrolment, "/insuplc_admdvs")?),
        })
    }
}

impl fmt::Debug for Hospital {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hospital").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Hospital {
    /// The software of a hospital.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            clock,
            carrier: Arc::new(Network::default()),
            messages: Arc::default(),
            stamped: Arc::default(),
            sign_no: Arc::default(),
        }
    }

    /// With its messages carried so.
    #[must_use]
    pub fn carried_by(self, carrier: Arc<dyn Carrier>) -> Self {
        Self { carrier, ..self }
    }

    /// The same software behind another line: it goes on counting the same messages.
    #[must_use]
    pub fn behind(&self, address: &str) -> Self {
        let mut settings = self.settings.clone();
        address.trim_end_matches('/').clone_into(&mut settings.address);
        Self {
            settings,
            clock: Arc::clone(&self.clock),
            carrier: Arc::clone(&self.carrier),
            messages: Arc::clone(&self.messages),
            stamped: Arc::clone(&self.stamped),
            sign_no: Arc::clone(&self.sign_no),
        }
    }

    /// How it is set up.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A new message id: institution (12), `yyyyMMddHHmmss` (14), serial (4).
    pub fn next_msgid(&self) -> String {
        let serial = self.messages.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{}{}{:04}", self.settings.code, self.clock.now().compact(), serial % 10_000)
    }

    /// Asks, with a new message id. Gives the whole answer if it says success.
    pub async fn call(&self, infno: &str, insured: Option<InsuredPlace>, input: Value) -> Called<Value> {
        self.call_with_msgid(&self.next_msgid(), infno, insured, input).await
    }

    /// Asks under a message id of the caller's choice: the same one finds the answer that was lost.
    pub async fn call_with_msgid(
        &self,
        msgid: &str,
        infno: &str,
        insured: Option<InsuredPlace>,
        input: Value,
    ) -> Called<Value> {
        let body = self.seal(self.envelope(msgid, infno, insured, input)).to_string();
        let request = self.request(msgid, infno, body);
        let response = self.exchange(request).await?;
        understand(response.status().as_u16(), response.body()).and_then(|answer| self.unseal(answer))
    }

    /// Posts a body as it is, to the address of a transaction; the answer comes back as it came.
    pub async fn post(&self, infno: &str, body: String) -> Called<Answered> {
        let request = self.request(&self.next_msgid(), infno, body);
        let (head, body) = self.exchange(request).await?.into_parts();
        let content_type = head.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Answered { status: head.status.as_u16(), content_type: content_type.to_owned(), body })
    }

    async fn exchange(&self, request: Request<Bytes>) -> Called<Response<Bytes>> {
        let carried = self.carrier.carry(request, ANSWER_BYTES_MAX, self.settings.timeout).await;
        carried.map_err(CallError::NoAnswer)
    }

    /// The whole message.
    pub fn envelope(&self, msgid: &str, infno: &str, insured: Option<InsuredPlace>, input: Value) -> Value {
        let settings = &self.settings;
        let mut envelope = json!({
            "infno": infno,
            "msgid": msgid,
            "mdtrtarea_admvs": settings.place.to_string(),
            "insuplc_admdvs": insured.map_or(String::new(), |place| place.to_string()),
            "recer_sys_code": "FSI_LOCAL",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": settings.operator.0,
            "opter_name": settings.operator.1,
            "inf_time": self.clock.now().to_string(),
            "fixmedins_code": settings.code.as_str(),
            "fixmedins_name": settings.name,
            "sign_no": self.sign_no.lock().expect("nobody panics holding it").clone().unwrap_or_default(),
        });
        envelope["input"] = input;
        envelope
    }

    /// The message as it is sent: with its input under seal, where messages go so.
    pub fn seal(&self, mut envelope: Value) -> Value {
        let Some((signer, key)) = &self.settings.keys else { return envelope };
        let input = envelope["input"].to_string();
        // A signature is good for one message only, so each question has its own, also if it was asked before.
        let cainfo = signer.sign_anew_as(&self.settings.access_key, input.as_bytes(), &mut rand::rng());
        envelope["input"] = key.encrypt(input.as_bytes()).into();
        envelope["cainfo"] = cainfo.into();
        envelope["signtype"] = "SM2".into();
        envelope["encType"] = "SM4".into();
        envelope
    }

    /// The answer with its output in clear, if the platform signed it.
    pub fn unseal(&self, mut answer: Value) -> Called<Value> {
        let Some((_, key)) = &self.settings.keys else { return Ok(answer) };
        if answer["output"].is_null() {
            return Ok(answer);
        }
        let wrong = || CallError::NotUnderstood("output未按sm2-sm4加密签名".to_owned());
        let sealed = Sealed { text: text(&answer, "/output")?, signature: text(&answer, "/cainfo")? };
        let output = match &self.settings.platform_key {
            Some(signer) => sealed.open(key, signer, &self.settings.access_key).map_err(|_| wrong())?,
            None => key.decrypt(&sealed.text).map_err(|_| wrong())?,
        };
        answer["output"] = serde_json::from_slice(&output).map_err(|_| wrong())?;
        Ok(answer)
    }

    /// The present in milliseconds, later each time: two signatures over the same message are two.
    fn stamp(&self) -> i64 {
        let now = self.clock.now().millis();
        let later = |last: i64| now.max(last + 1);
        let last = self.stamped.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(later(last)));
        later(last.expect("it is always set"))
    }

    fn request(&self, nonce: &str, infno: &str, body: String) -> Request<Bytes> {
        let settings = &self.settings;
        let now = self.clock.now();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{}", settings.address, settings.form.path(infno)))
            .header(header::CONTENT_TYPE, "text/plain;charset=UTF-8");
        let (key, secret) = (&settings.access_key, &settings.secret.0);
        match settings.authentication {
            Authentication::None | Authentication::Sm2Sm4 => {}
            Authentication::CaHmacSm3 => {
                let signature = ca_hmac_sm3::sign(secret, &self.stamp().to_string(), body.as_bytes());
                request = request.header("x-ca-key", key).header("x-ca-signature", signature);
            }
            Authentication::CsbHmacSha1 => {
                let (at, version) = (now.millis().to_string(), "1.0.0");
                request = request
                    .header("_api_name", infno)
                    .header("_api_version", version)
                    .header("_api_access_key", key)
                    .header("_api_signature", csb_hmac_sha1::sign(secret, key, infno, &at, version))
                    .header("_api_timestamp", at);
            }
            Authentication::TifSha256 => {
                // A message sent again is a request of its own, so its nonce counts on.
                let nonce = format!("{nonce}{:08}", self.messages.fetch_add(1, Ordering::Relaxed));
                let at = (now.millis() / 1_000).to_string();
                request = request
                    .header("x-tif-paasid", key)
                    .header("x-tif-signature", tif_sha256::sign(secret, &at, &nonce))
                    .header("x-tif-timestamp", at)
                    .header("x-tif-nonce", nonce);
            }
        }
        request.body(Bytes::from(body)).expect("address and headers are printable")
    }

    /// 9001 签到: later messages carry the number that it gives.
    pub async fn sign_in(&self) -> Called<String> {
        let input =
            json!({ "signIn": { "opter_no": self.settings.operator.0, "mac": "", "ip": "127.0.0.1" } });
        let answer = self.call("9001", None, input).await?;
        let sign_no = text(&answer, "/output/signinoutb/sign_no")?;
        self.signed_in(&sign_no);
        Ok(sign_no)
    }

    /// Later messages carry this number of a sign-in.
    pub fn signed_in(&self, sign_no: &str) {
        *self.sign_no.lock().expect("nobody panics holding it") = Some(sign_no.to_owned());
    }

    /// 1101 人员基本信息获取, by the identity card. The answer's scheme is the first that is in force.
    pub async fn find_person(&self, citizen: &CitizenId, insured: InsuredPlace) -> Called<Patient> {
        let input = json!({ "data": {
            "mdtrt_cert_type": "02", "mdtrt_cert_no": citizen.reveal(), "card_sn": "", "begntime": "",
            "psn_cert_type": "01", "certno": citizen.reveal(), "psn_name": "",
        }});
        Patient::read(&self.call("1101", Some(insured), input).await?)
    }

    /// 2401 入院办理.
    pub async fn admit(&self, patient: &Patient, stay: &Stay) -> Called<VisitId> {
        let answer = self.call("2401", Some(patient.insured), self.admission(patient, stay)).await?;
        parsed(&answer, "/output/result/mdtrt_id")
    }

    /// The input of 2401.
    pub fn admission(&self, patient: &Patient, stay: &Stay) -> Value {
        let (code, name) = &stay.diagnosis;
        let (department, department_name) = &stay.department;
        let exp_content = json!({
            "MDTRT_GRP_TYPE": "", "TRUM_FLAG": "0", "REL_TTP_FLAG": "0", "IPT_TYPE": stay.kind.code(),
        });
        json!({
            "mdtrtinfo": {
                "psn_no": patient.number.as_str(), "insutype": patient.scheme.code(), "coner_name": "", "tel": "",
                "begntime": stay.admitted.to_string(), "mdtrt_cert_type": "02",
                "mdtrt_cert_no": patient.citizen.reveal(), "card_sn": "", "cert_type": "01",
                "certno": patient.citizen.reveal(), "med_type": stay.med_type, "ipt_no": stay.number,
                "medrcdno": stay.number, "atddr_no": DOCTOR.0, "chfpdr_name": DOCTOR.1, "adm_diag_dscr": name,
                "adm_dept_codg": department, "adm_dept_name": department_name, "adm_bed": "0901",
                "dscg_maindiag_code": code, "dscg_maindiag_name": name, "main_cond_dscr": "",
                "insuplc_admdvs": patient.insured.to_string(), "mdtrtarea_admvs": self.settings.place.to_string(),
                "exp_content": exp_content.to_string(),
            },
            "diseinfo": [Self::diagnosis(patient, stay, stay.admitted)],
        })
    }

    fn diagnosis(patient: &Patient, stay: &Stay, at: Moment) -> Value {
        json!({
            "psn_no": patient.number.as_str(), "diag_type": "1", "maindiag_flag": "1", "diag_srt_no": 1,
            "diag_code": stay.diagnosis.0, "diag_name": stay.diagnosis.1, "adm_cond": "",
            "diag_dept": stay.department.0, "dise_dor_no": DOCTOR.0, "dise_dor_name": DOCTOR.1,
            "diag_time": at.to_string(),
        })
    }

    /// 2301 住院费用明细上传, in calls of at most [`UPLOAD_MAX`] lines. Gives the lines as the platform split them.
    pub async fn upload(
        &self,
        patient: &Patient,
        visit: VisitId,
        stay: &Stay,
        lines: &[Line],
    ) -> Called<Vec<Value>> {
        let mut split = Vec::with_capacity(lines.len());
        for some in lines.chunks(UPLOAD_MAX) {
            let answer =
                self.call("2301", Some(patient.insured), fee_input(patient, visit, stay, some)).await?;
            match answer.pointer("/output/result").and_then(Value::as_array) {
                Some(rows) if rows.len() == some.len() => split.extend(rows.iter().cloned()),
                _ => return Err(CallError::NotUnderstood("2301应答的明细数与上传不符".to_owned())),
            }
        }
        Ok(split)
    }

    /// 2402 出院办理.
    pub async fn discharge(&self, patient: &Patient, visit: VisitId, stay: &Stay) -> Called<()> {
        let input = Self::discharge_input(patient, visit, stay);
        self.call("2402", Some(patient.insured), input).await.map(drop)
    }

    /// The input of 2402.
    pub fn discharge_input(patient: &Patient, visit: VisitId, stay: &Stay) -> Value {
        let mut diagnosis = Self::diagnosis(patient, stay, stay.discharged);
        diagnosis["mdtrt_id"] = Value::String(visit.to_string());
        json!({
            "dscginfo": {
                "mdtrt_id": visit.to_string(), "psn_no": patient.number.as_str(), "insutype": patient.scheme.code(),
                "endtime": stay.discharged.to_string(), "dscg_dept_codg": stay.department.0,
                "dscg_dept_name": stay.department.1, "dscg_bed": "0901", "dscg_way": "1", "die_date": "",
            },
            "diseinfo": [diagnosis],
        })
    }

    /// 2303 住院预结算.
    pub async fn try_settlement(&self, patient: &Patient, visit: VisitId, total: Fen) -> Called<Settled> {
        let input = self.settlement_input(patient, visit, total);
        Settled::read(&self.call("2303", Some(patient.insured), input).await?)
    }

    /// 2304 住院结算.
    pub async fn settle(&self, patient: &Patient, visit: VisitId, total: Fen) -> Called<Settled> {
        self.settle_with_msgid(&self.next_msgid(), patient, visit, total).await
    }

    /// 2304 under a message id of the caller's choice.
    pub async fn settle_with_msgid(
        &self,
        msgid: &str,
        patient: &Patient,
        visit: VisitId,
        total: Fen,
    ) -> Called<Settled> {
        let input = self.settlement_input(patient, visit, total);
        Settled::read(&self.call_with_msgid(msgid, "2304", Some(patient.insured), input).await?)
    }

    /// The input of 2303 and 2304.
    pub fn settlement_input(&self, patient: &Patient, visit: VisitId, total: Fen) -> Value {
        json!({ "data": {
            "psn_no": patient.number.as_str(), "mdtrt_cert_type": "02", "mdtrt_cert_no": patient.citizen.reveal(),
            "card_sn": "", "psn_cert_type": "01", "certno": patient.citizen.reveal(), "psn_name": patient.name,
            "medfee_sumamt": amount(total), "psn_setlway": "01", "mdtrt_id": visit.to_string(),
            "insutype": patient.scheme.code(), "acct_used_flag": "0", "insuplc_admdvs": patient.insured.to_string(),
            "mdtrtarea_admvs": self.settings.place.to_string(), "invono": "", "mid_setl_flag": "0",
        }})
    }

    /// 2305 住院结算撤销. Its amounts are negative.
    pub async fn cancel(
        &self,
        patient: &Patient,
        visit: VisitId,
        settlement: SettlementId,
    ) -> Called<Settled> {
        let input = json!({ "data": {
            "mdtrt_id": visit.to_string(), "setl_id": settlement.to_string(), "psn_no": patient.number.as_str(),
        }});
        Settled::read(&self.call("2305", Some(patient.insured), input).await?)
    }

    /// 2201 门诊挂号.
    pub async fn register(&self, patient: &Patient, outpatient: &Outpatient) -> Called<VisitId> {
        let answer = self.call("2201", Some(patient.insured), registration(patient, outpatient)).await?;
        parsed(&answer, "/output/data/mdtrt_id")
    }

    /// 2203 门诊就诊信息上传.
    pub async fn describe(&self, patient: &Patient, visit: VisitId, outpatient: &Outpatient) -> Called<()> {
        self.call("2203", Some(patient.insured), description(patient, visit, outpatient)).await.map(drop)
    }

    /// 2204 门诊费用明细信息上传 of one bill. Gives the lines as the platform split them.
    pub async fn charge(
        &self,
        patient: &Patient,
        visit: VisitId,
        outpatient: &Outpatient,
        (bill, lines): (&str, &[Line]),
    ) -> Called<Vec<Value>> {
        let input = bill_input(patient, visit, outpatient, (bill, lines));
        let answer = self.call("2204", Some(patient.insured), input).await?;
        match answer.pointer("/output/result").and_then(Value::as_array) {
            Some(rows) if rows.len() == lines.len() => Ok(rows.clone()),
            _ => Err(CallError::NotUnderstood("2204应答的明细数与上传不符".to_owned())),
        }
    }

    /// 2206 门诊预结算.
    pub async fn try_bill(&self, patient: &Patient, visit: VisitId, bill: &Bill<'_>) -> Called<Settled> {
        let input = Self::bill_settlement_input(patient, visit, bill);
        Settled::read(&self.call("2206", Some(patient.insured), input).await?)
    }

    /// 2207 门诊结算 under a message id of the caller's choice.
    pub async fn settle_bill(
        &self,
        msgid: &str,
        patient: &Patient,
        visit: VisitId,
        bill: &Bill<'_>,
    ) -> Called<Settled> {
        let input = Self::bill_settlement_input(patient, visit, bill);
        Settled::read(&self.call_with_msgid(msgid, "2207", Some(patient.insured), input).await?)
    }

    /// The input of 2206 and 2207.
    pub fn bill_settlement_input(patient: &Patient, visit: VisitId, bill: &Bill<'_>) -> Value {
        json!({ "data": {
            "psn_no": patient.number.as_str(), "mdtrt_cert_type": "02", "mdtrt_cert_no": patient.citizen.reveal(),
            "card_sn": "", "psn_cert_type": "01", "certno": patient.citizen.reveal(), "psn_name": patient.name,
            "med_type": bill.outpatient.med_type, "medfee_sumamt": amount(bill.total), "psn_setlway": "01",
            "mdtrt_id": visit.to_string(), "chrg_bchno": bill.name, "acct_used_flag": "0",
            "insutype": patient.scheme.code(), "invono": "", "exp_content": bill.outpatient.exp_content(),
        }})
    }

    /// 2208 门诊结算撤销. Its amounts are negative.
    pub async fn cancel_bill(
        &self,
        patient: &Patient,
        visit: VisitId,
        settlement: SettlementId,
    ) -> Called<Settled> {
        let input = json!({ "data": {
            "mdtrt_id": visit.to_string(), "setl_id": settlement.to_string(), "psn_no": patient.number.as_str(),
        }});
        Settled::read(&self.call("2208", Some(patient.insured), input).await?)
    }

    /// 2601 冲正: undoes whatever the message `omsgid` of transaction `oinfno` did.
    pub async fn reverse(&self, patient: &Patient, omsgid: &str, oinfno: &str) -> Called<()> {
        let input =
            json!({ "data": { "psn_no": patient.number.as_str(), "omsgid": omsgid, "oinfno": oinfno } });
        self.call("2601", Some(patient.insured), input).await.map(drop)
    }

    /// 5203 结算信息查询. Gives the whole answer: some amounts have other names there.
    pub async fn query_settlement(
        &self,
        patient: &Patient,
        visit: VisitId,
        settlement: SettlementId,
    ) -> Called<Value> {
        let input = json!({ "data": {
            "psn_no": patient.number.as_str(), "setl_id": settlement.to_string(), "mdtrt_id": visit.to_string(),
        }});
        self.call("5203", Some(patient.insured), input).await
    }

    /// 5206 人员累计信息查询: what has accumulated, by the code of the kind of sum.
    pub async fn query_year(&self, patient: &Patient) -> Called<BTreeMap<String, Fen>> {
        let input = json!({ "data": { "psn_no": patient.number.as_str(), "cum_ym": "" } });
        let answer = self.call("5206", Some(patient.insured), input).await?;
        let rows = answer.pointer("/output/cuminfo").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        rows.iter().map(|row| Ok((text(row, "/cum_type_code")?, fen(row, "/cum")?))).collect()
    }
}

/// The largest answer that this software reads.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// The most lines that this software uploads in one call.
pub const UPLOAD_MAX: usize = 100;

/// The doctor who signs everything.
const DOCTOR: (&str, &str) = ("D900000000001", "医师某");

/// The input of 2301.
pub fn fee_input(patient: &Patient, visit: VisitId, stay: &Stay, lines: &[Line]) -> Value {
    let row = |line: &Line| {
        json!({
            "feedetl_sn": line.serial, "init_feedetl_sn": "", "mdtrt_id": visit.to_string(), "drord_no": line.serial,
            "psn_no": patient.number.as_str(), "med_type": stay.med_type, "fee_ocur_time": line.at.to_string(),
            "med_list_codg": line.code, "medins_list_codg": line.own_code, "det_item_fee_sumamt": amount(line.amount),
            "cnt": exact(line.quantity, 10_000), "pric": exact(line.price.as_micro_yuan(), 1_000_000),
            "bilg_dept_codg": stay.department.0, "bilg_dept_name": stay.department.1, "bilg_dr_codg": DOCTOR.0,
            "bilg_dr_name": DOCTOR.1, "hosp_appr_flag": "1", "memo": "",
        })
    };
    json!({ "feedetail": lines.iter().map(row).collect::<Vec<_>>() })
}

/// A bill (收费批次) of an outpatient visit that is to be settled.
#[derive(Clone, Copy, Debug)]
pub struct Bill<'a> {
    /// 收费批次号.
    pub name: &'a str,
    /// 医疗费总额.
    pub total: Fen,
    /// The visit that it is of.
    pub outpatient: &'a Outpatient,
}

/// The input of 2201.
pub fn registration(patient: &Patient, outpatient: &Outpatient) -> Value {
    json!({ "data": {
        "psn_no": patient.number.as_str(), "insutype": patient.scheme.code(), "begntime": outpatient.at.to_string(),
        "mdtrt_cert_type": "02", "mdtrt_cert_no": patient.citizen.reveal(), "card_sn": "", "psn_cert_type": "01",
        "certno": patient.citizen.reveal(), "psn_type": "", "psn_name": patient.name,
        "ipt_otp_no": outpatient.number, "atddr_no": DOCTOR.0, "dr_name": DOCTOR.1,
        "dept_code": outpatient.department.0, "dept_name": outpatient.department.1, "caty": "A03.01",
    }})
}

/// The input of 2203.
pub fn description(patient: &Patient, visit: VisitId, outpatient: &Outpatient) -> Value {
    let (code, name) = outpatient.disease.clone().unwrap_or_default();
    json!({
        "mdtrtinfo": {
            "mdtrt_id": visit.to_string(), "psn_no": patient.number.as_str(), "med_type": outpatient.med_type,
            "begntime": outpatient.at.to_string(), "main_cond_dscr": "", "dise_codg": code, "dise_name": name,
            "birctrl_type": "", "birctrl_matn_date": "", "exp_content": outpatient.exp_content(),
        },
        "diseinfo": [{
            "diag_type": "1", "diag_srt_no": 1, "diag_code": outpatient.diagnosis.0,
            "diag_name": outpatient.diagnosis.1, "diag_dept": outpatient.department.0, "dise_dor_no": DOCTOR.0,
            "dise_dor_name": DOCTOR.1, "diag_time": outpatient.at.to_string(), "vali_flag": "1",
        }],
    })
}

/// The input of 2204.
pub fn bill_input(
    patient: &Patient,
    visit: VisitId,
    outpatient: &Outpatient,
    (bill, lines): (&str, &[Line]),
) -> Value {
    let disease = outpatient.disease.as_ref().map_or("", |(code, _)| code.as_str());
    let row = |line: &Line| {
        json!({
            "feedetl_sn": line.serial, "mdtrt_id": visit.to_string(), "psn_no": patient.number.as_str(),
            "chrg_bchno": bill, "dise_codg": disease, "rxno": line.serial, "rx_circ_flag": "0",
            "fee_ocur_time": line.at.to_string(), "med_list_codg": line.code, "medins_list_codg": line.own_code,
            "det_item_fee_sumamt": amount(line.amount), "cnt": exact(line.quantity, 10_000),
            "pric": exact(line.price.as_micro_yuan(), 1_000_000), "bilg_dept_codg": outpatient.department.0,
            "bilg_dept_name": outpatient.department.1, "bilg_dr_codg": DOCTOR.0, "bilg_dr_name": DOCTOR.1,
            "hosp_appr_flag": "1",
        })
    };
    json!({ "feedetail": lines.iter().map(row).collect::<Vec<_>>() })
}

/// What is bought at a pharmacy.
#[derive(Clone, Copy, Debug)]
pub struct Purchase<'a> {
    /// 购药时间.
    pub at: Moment,
    /// Code and name of the chronic or special disease (病种) that it is for, if for one.
    pub disease: Option<(&'a str, &'a str)>,
    /// What is bought.
    pub lines: &'a [Line],
}

/// The input of 2101 and 2102: a purchase for a chronic disease (门诊慢特病) or any other (定点药店购药).
pub fn purchase_input(patient: &Patient, purchase: &Purchase<'_>) -> Value {
    let med_type = if purchase.disease.is_some() { "14" } else { "41" };
    let (code, name) = purchase.disease.unwrap_or_default();
    let row = |line: &Line| {
        json!({
            "feedetl_sn": line.serial, "rxno": "", "rx_circ_flag": "0", "fee_ocur_time": line.at.to_string(),
            "med_list_codg": line.code, "medins_list_codg": line.own_code, "det_item_fee_sumamt": amount(line.amount),
            "cnt": exact(line.quantity, 10_000), "pric": exact(line.price.as_micro_yuan(), 1_000_000),
            "tcmdrug_used_way": "",
        })
    };
    json!({
        "druginfo": {
            "psn_no": patient.number.as_str(), "mdtrt_cert_type": "02", "mdtrt_cert_no": patient.citizen.reveal(),
            "card_sn": "", "psn_cert_type": "01", "certno": patient.citizen.reveal(), "psn_type": "",
            "psn_name": patient.name, "begntime": purchase.at.to_string(),
            "medfee_sumamt": amount(bills::total(purchase.lines)), "invono": "", "insutype": patient.scheme.code(),
            "dise_codg": code, "dise_name": name, "acct_used_flag": "0", "med_type": med_type, "exp_content": "",
        },
        "drugdetail": purchase.lines.iter().map(row).collect::<Vec<_>>(),
    })
}

/// What 2303, 2304, 2305, 2206, 2207 or 2208 answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// 结算ID; a trial has none.
    pub settlement: Option<SettlementId>,
    /// 医疗费总额.
    pub total: Fen,
    /// 全自费, 超限价自费, 先行自付, 符合政策范围.
    pub parts: [Fen; 4],
    /// 实际支付起付线.
    pub deductible: Fen,
    /// 基金支付总额.
    pub fund_total: Fen,
    /// 个人负担总金额.
    pub person_total: Fen,
    /// 医院负担金额.
    pub hospital_part: Fen,
    /// What each fund pays, by its code (`fund_pay_type`).
    pub funds: BTreeMap<String, Fen>,
    /// `setlinfo` as it came.
    pub info: Map<String, Value>,
}

impl Settled {
    /// Reads the whole answer.
    pub fn read(answer: &Value) -> Called<Self> {
        let at = |field: &str| fen(answer, &format!("/output/setlinfo/{field}"));
        let settlement = match answer.pointer("/output/setlinfo/setl_id") {
            None | Some(Value::Null) => None,
            Some(_) => Some(parsed(answer, "/output/setlinfo/setl_id")?),
        };
        let details =
            answer.pointer("/output/setldetail").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let funds = details.iter().map(|row| Ok((text(row, "/fund_pay_type")?, fen(row, "/fund_payamt")?)));
        Ok(Self {
            settlement,
            total: at("medfee_sumamt")?,
            parts: [
                at("fulamt_ownpay_amt")?,
                at("overlmt_selfpay")?,
                at("preselfpay_amt")?,
                at("inscp_scp_amt")?,
            ],
            deductible: at("act_pay_dedc")?,
            fund_total: at("fund_pay_sumamt")?,
            person_total: at("psn_part_amt")?,
            hospital_part: at("hosp_part_amt")?,
            funds: funds.collect::<Called<_>>()?,
            info: answer.pointer("/output/setlinfo").and_then(Value::as_object).cloned().unwrap_or_default(),
        })
    }

    /// Its settlement id, which a trial does not have.
    pub fn id(&self) -> Called<SettlementId> {
        self.settlement.ok_or_else(|| CallError::NotUnderstood("应答没有结算ID".to_owned()))
    }

    /// The amount identities of the standard that do not hold, in Chinese.
    pub fn broken_identities(&self) -> Vec<String> {
        let funds: Fen = self.funds.iter().filter(|(code, _)| is_fund(code)).map(|(_, amount)| *amount).sum();
        let [out_of_scope, over_limit, first_self_pay, in_scope] = self.parts;
        let own = |field: &str| self.info.get(field).and_then(read_fen).unwrap_or_default();
        [
            ("总额＝基金＋个人＋医院", self.total, self.fund_total + self.person_total + self.hospital_part),
            ("个人负担＝账户＋现金", self.person_total, own("acct_pay") + own("psn_cash_pay")),
            ("总额＝四部分之和", self.total, out_of_scope + over_limit + first_self_pay + in_scope),
            ("基金支付总额＝各基金之和", self.fund_total, funds),
        ]
        .into_iter()
        .filter(|(_, left, right)| left != right)
        .map(|(identity, left, right)| format!("{identity}不成立：{left}与{right}"))
        .collect()
    }
}

/// Whether a line of `setldetail` is a fund's, not the personal account's (310200, 390500) or the hospital's (999996).
fn is_fund(code: &str) -> bool {
    !matches!(code, "310200" | "390500" | "999996")
}

/// An amount as an exact JSON number of yuan.
pub fn amount(fen: Fen) -> Value {
    exact(fen.0, 100)
}

/// `units / per_unit` as a JSON number with as many decimals as it needs; `per_unit` is a power of ten.
fn exact(units: i64, per_unit: i64) -> Value {
    let places = usize::try_from(per_unit.ilog10()).expect("a few decimals");
    let sign = if units < 0 { "-" } else { "" };
    let (whole, fraction) =
        (units.unsigned_abs() / per_unit.unsigned_abs(), units.unsigned_abs() % per_unit.unsigned_abs());
    let number: serde_json::Number =
        format!("{sign}{whole}.{fraction:0places$}").parse().expect("digits and a point are a number");
    Value::Number(number)
}

fn understand(status: u16, body: &[u8]) -> Called<Value> {
    let answer: Value = serde_json::from_slice(body)
        .map_err(|error| CallError::NotUnderstood(format!("HTTP {status}，不是JSON：{error}")))?;
    let code = |field: &str| match answer.get(field) {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let said = |field: &str| answer.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    match code("infcode") {
        Some(0) => Ok(answer),
        Some(infcode) => Err(CallError::Refused { infcode, message: said("err_msg") }),
        None if code("code").is_some() => Err(CallError::Gateway { status, message: said("message") }),
        None => Err(CallError::NotUnderstood(format!("HTTP {status}，没有infcode"))),
    }
}

fn text(value: &Value, pointer: &str) -> Called<String> {
    let missing = || CallError::NotUnderstood(format!("缺少{pointer}"));
    match value.pointer(pointer).ok_or_else(missing)? {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(missing()),
    }
}

pub(crate) fn parsed<T: std::str::FromStr>(value: &Value, pointer: &str) -> Called<T> {
    text(value, pointer)?.parse().map_err(|_| CallError::NotUnderstood(format!("{pointer}的值不合规")))
}

fn fen(value: &Value, pointer: &str) -> Called<Fen> {
    value
        .pointer(pointer)
        .and_then(read_fen)
        .ok_or_else(|| CallError::NotUnderstood(format!("{pointer}不是金额")))
}

/// An amount as an answer writes it; `null` is nothing.
pub fn read_fen(value: &Value) -> Option<Fen> {
    match value {
        Value::Null => Some(Fen::ZERO),
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::day::FixedClock;

    fn hospital() -> Hospital {
        let settings = Settings {
            address: "http://127.0.0.1:1".to_owned(),
            code: "H42010600001".parse().unwrap(),
            name: "示范医院".to_owned(),
            place: TreatmentPlace("420106".parse().unwrap()),
            authentication: Authentication::CsbHmacSha1,
            access_key: "AK".to_owned(),
            secret: Secret("secret".to_owned()),
            keys: None,
            platform_key: None,
            form: AddressForm::Services,
            operator: ("1".to_owned(), "收费员某".to_owned()),
            timeout: Duration::from_secs(1),
        };
        Hospital::new(settings, Arc::new(FixedClock("2026-11-21 10:00:00".parse().unwrap())))
    }

    #[test]
    fn amounts_are_written_to_the_fen() {
        for (fen, written) in [(2_344_246, "23442.46"), (10_000, "100.0"), (-5, "-0.05"), (0, "0.0")] {
            assert_eq!(amount(Fen(fen)).to_string(), written);
            assert_eq!(read_fen(&amount(Fen(fen))), Some(Fen(fen)));
        }
        assert_eq!(exact(12_345_678, 1_000_000).to_string(), "12.345678");
    }

    #[test]
    fn an_answer_is_understood_or_said_why_not() {
        let understand =
            |status, body: &str| understand(status, body.as_bytes()).map(|_| ()).map_err(|e| e.to_string());
        for (status, body, expected) in [
            (200, r#"{"infcode":0,"output":null}"#, Ok(())),
            (200, r#"{"infcode":"0"}"#, Ok(())),
            (200, r#"{"infcode":-1,"err_msg":"请先签到"}"#, Err("平台拒绝（-1）：请先签到")),
            (401, r#"{"code":401,"message":"签名不一致!"}"#, Err("网关拒绝（401）：签名不一致!")),
            (502, "{}", Err("应答不符合接口规范：HTTP 502，没有infcode")),
        ] {
            assert_eq!(understand(status, body), expected.map_err(str::to_owned), "{body}");
        }
    }

    #[test]
    fn messages_have_ids_of_the_standard_shape_and_signed_headers() {
        let hospital = hospital();
        assert_eq!(hospital.next_msgid(), "H42010600001202611211000000001");
        assert_eq!(hospital.next_msgid(), "H42010600001202611211000000002");
        let request = hospital.request("m", "2304", String::new());
        assert_eq!(request.uri().path(), "/fsi/api/hospSettService/settV2");
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let headers = csb_hmac_sha1::Headers {
            api_name: header("_api_name"),
            api_version: header("_api_version"),
            api_timestamp: header("_api_timestamp"),
            api_access_key: header("_api_access_key"),
            api_signature: header("_api_signature"),
        };
        assert_eq!(csb_hmac_sha1::verify(&headers, Some("secret"), hospital.clock.now()), Ok(()));
        assert_eq!(
            AddressForm::Services.path("1312"),
            AddressForm::CallService.path("1312"),
            "no service is known"
        );
    }

    #[test]
    fn what_it_sends_is_what_the_interface_reads() {
        let hospital = hospital();
        let person = crate::people::person(
            crate::people::BEIJING,
            InsuranceScheme::Employee,
            terms::MemberStatus::Retired,
            0,
        );
        let patient = Patient::of(&person);
        let (from, to) = ("2026-11-01 09:00:00".parse().unwrap(), "2026-11-09 10:00:00".parse().unwrap());
        let stay = Stay::ordinary("ZY1", from, to).emergency();
        let body =
            hospital.envelope("m1", "2401", Some(patient.insured), hospital.admission(&patient, &stay));
        let request = wire::hospital::Request::read(body.to_string().as_bytes()).unwrap();
        let input = wire::hospital::t2401::Input::read(&request).unwrap();
        assert_eq!(input.exp_content.admission_kind, Some(AdmissionKind::Emergency));
        assert_eq!(input.mdtrtinfo.psn_no, patient.number);

        let visit: VisitId = "420000179530260000000000000001".parse().unwrap();
        let line = Line {
            serial: "1".to_owned(),
            code: "X1".to_owned(),
            own_code: "HIS-X1".to_owned(),
            name: "示例".to_owned(),
            amount: Fen(1_235),
            quantity: 30_000,
            price: benefit::catalog::Price::micro_yuan(4_116_667).unwrap(),
            at: from,
        };
        let body = hospital.envelope(
            "m2",
            "2301",
            Some(patient.insured),
            fee_input(&patient, visit, &stay, &[line]),
        );
        let request = wire::hospital::Request::read(body.to_string().as_bytes()).unwrap();
        let input = wire::hospital::t2301::Input::read(&request).unwrap();
        assert_eq!(input.feedetail[0].det_item_fee_sumamt, Fen(1_235));

        let input = hospital.settlement_input(&patient, visit, Fen(1_235));
        let body = hospital.envelope("m3", "2304", Some(patient.insured), input);
        let request = wire::hospital::Request::read(body.to_string().as_bytes()).unwrap();
        let input = wire::hospital::t2304::Input::read(&request).unwrap();
        assert_eq!(input.medfee_sumamt, Fen(1_235));
    }
}
