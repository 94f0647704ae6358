//! 9101 文件上传 and 9102 文件下载.

use super::Call;
use crate::context::Outcome;
use axum::http::{HeaderMap, header};
use store::file::{self, File};
use terms::{PoolingArea, Refusal};
use wire::hospital::{archive, inf_refmsgid, multipart, t9101, t9102};

/// How long a file can be downloaded, in milliseconds: a week.
pub const KEPT: i64 = 7 * 24 * 60 * 60 * 1_000;

/// The message and the file that came beside it, if the body is a form that holds both; else the body is the message.
pub fn opened(headers: &HeaderMap, body: Vec<u8>) -> (Vec<u8>, Option<Vec<u8>>) {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    match kind.and_then(|kind| multipart::read(kind, &body)) {
        Some(form) => (form.message, form.file),
        None => (body, None),
    }
}

/// 9101: keeps an archive that holds to the rules for files.
pub async fn upload(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t9101::Input::read(call.request)?;
    let own = &call.institution.code;
    if input.fixmedins_code.as_ref().is_some_and(|code| code != own) {
        return call.refuse(&Refusal::invalid("fixmedins_code", "本机构的医药机构编号")).await;
    }
    if let Err(wrong) = archive::unpack(&input.content) {
        return call.refuse(&Refusal::BadFile { reason: wrong.0.to_owned() }).await;
    }
    call.once(async |work| {
        let context = &call.node.context;
        let now = context.now();
        let file = File {
            // Thirty digits that nobody has given before.
            id: inf_refmsgid(call.node.province, now, context.ids.serial()),
            owner: own.to_string(),
            kind: call.request.infno.clone(),
            name: input.filename.clone(),
            content: input.content.clone(),
            created_at: now,
            expires_at: now.plus_millis(KEPT),
        };
        file::put(work, call.area(), &file).await?;
        let output = t9101::Output {
            file_qury_no: file.id,
            filename: file.name,
            fixmedins_code: own.clone(),
            dld_endtime: file.expires_at,
        };
        Ok(Some(output.value()))
    })
    .await
}

/// 9102: the archive itself.
pub async fn download(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t9102::Input::read(call.request)?;
    let own = call.institution.code.as_str();
    let owner = input.fixmedins_code.as_deref().unwrap_or(own);
    let unknown = || Refusal::UnknownFile { file_qury_no: input.file_qury_no.clone() };
    let area = match owner {
        t9102::PLATFORM => of_platform(call),
        owner if owner == own => call.area(),
        _ => return Err(unknown().into()),
    };
    let mut conn = call.node.context.store.conn().await?;
    let found = file::find(&mut conn, (area, owner), &input.file_qury_no, call.received).await?;
    let is_named = |file: &File| input.filename.as_ref().is_none_or(|name| *name == file.name);
    Ok(found.filter(is_named).ok_or_else(unknown)?.content)
}

/// Under which key the files of the platform lie: the province's.
pub fn of_platform(call: &Call<'_>) -> PoolingArea {
    call.node.province.division().pooling_area()
}
