//! Messages as forms (multipart/form-data): the other way to send a file, with the message in the part `jsonStr` and the
//! file in the part `file`.

/// The longest boundary (RFC 2046): it is looked for at every place of a body, so that a long one takes long.
const BOUNDARY_MAX: usize = 70;

/// The parts of a form that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The message (`jsonStr`).
    pub message: Vec<u8>,
    /// The file (`file`), if there is one.
    pub file: Option<Vec<u8>>,
}

/// Reads a body whose content type says that it is a form; `None` for every other body, and for a form that has no message.
pub fn read(content_type: &str, body: &[u8]) -> Option<Form> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary").filter(|boundary| boundary.len() <= BOUNDARY_MAX)?;
    let delimiter = format!("--{boundary}");
    let mut form = Form::default();
    let mut rest = &body[find(body, delimiter.as_bytes())? + delimiter.len()..];
    let next = format!("\r\n{delimiter}");
    // After the last part the boundary is followed by `--`.
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let head_end = find(part, b"\r\n\r\n")?;
        let (head, content) = (&part[..head_end], &part[head_end + 4..]);
        let end = find(content, next.as_bytes())?;
        match name_of(head).as_deref() {
            Some("jsonStr") => form.message = content[..end].to_vec(),
            Some("file") => form.file = Some(content[..end].to_vec()),
            _ => {}
        }
        rest = &content[end + next.len()..];
    }
    (rest.starts_with(b"--") && !form.message.is_empty()).then_some(form)
}

/// The name of a part, out of its head.
fn name_of(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let (_, parameters) = line.split_once(';')?;
    parameter(parameters, "name")
}

/// A parameter of a header's value, without its quotes.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut pairs = parameters.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))?;
    Some(value.trim().trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=\"x-9\"";

    fn body(parts: &[(&str, &str)]) -> Vec<u8> {
        let part = |(head, content): &(&str, &str)| {
            format!("--x-9\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
        };
        format!("{}--x-9--\r\n", parts.iter().map(part).collect::<String>()).into_bytes()
    }

    #[test]
    fn a_form_is_its_message_and_its_file() {
        let form = |message: &str, file: Option<&str>| {
            Some(Form {
                message: message.as_bytes().to_vec(),
                file: file.map(|file| file.as_bytes().to_vec()),
            })
        };
        let message = ("name=\"jsonStr\"", "{}");
        let file =
            ("name=\"file\"; filename=\"a;b.zip\"\r\nContent-Type: application/zip", "PK\r\n--x-8\r\n");
        for (parts, expected) in [
            (vec![message, file], form("{}", Some("PK\r\n--x-8\r\n"))),
            (vec![file, message], form("{}", Some("PK\r\n--x-8\r\n"))),
            (vec![("name=other", "1"), message], form("{}", None)),
            (vec![file], None),
            (vec![], None),
        ] {
            assert_eq!(read(TYPE, &body(&parts)), expected, "{parts:?}");
        }
        let whole = body(&[message, file]);
        for other in
            ["application/json", "multipart/form-data", "multipart/form-data; boundary=y", "a;boundary=x-9"]
        {
            assert_eq!(read(other, &whole), None, "{other}");
        }
        for end in 0..whole.len() - 10 {
            assert_eq!(read(TYPE, &whole[..end]), None, "cut off after {end} bytes");
        }
    }

    #[test]
    fn a_boundary_is_as_long_as_the_standard_has_it() {
        for (length, taken) in [(BOUNDARY_MAX, true), (BOUNDARY_MAX + 1, false)] {
            let boundary = "x".repeat(length);
            let kind = format!("multipart/form-data; boundary={boundary}");
            let body = body(&[("name=\"jsonStr\"", "{}")]);
            let body = String::from_utf8(body).unwrap().replace("x-9", &boundary);
            assert_eq!(read(&kind, body.as_bytes()).is_some(), taken, "{length}");
        }
    }
}
