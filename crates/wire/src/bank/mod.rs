//! Files of banks, as ISO 20022 has them: payments out ([`pain001`]), statements in ([`camt053`]).
//!
//! What a bank gives is outside input: a file has a size, a depth and a number of elements, knows no entities but XML's own
//! five, and no document type at all. This module must not know which payment an entry belongs to.

pub mod camt053;
pub mod pain001;

use quick_xml::{Reader, events::Event};
use std::fmt;

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 8 << 20;
/// The most elements of a file.
const ELEMENTS_MAX: usize = 400_000;
/// How deep elements lie in one another at most.
const DEPTH_MAX: usize = 40;
/// The longest text of an element, in bytes.
const TEXT_MAX: usize = 4_000;

/// Why a file is none that can be read: a Chinese phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotABankFile(pub String);

impl fmt::Display for NotABankFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotABankFile {}

fn wrong<T>(phrase: impl Into<String>) -> Result<T, NotABankFile> {
    Err(NotABankFile(phrase.into()))
}

/// An element: its name without a prefix, its text, and what lies in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    currency: Option<String>,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// The first element of that name within.
    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All elements of that name within.
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element at a path of first elements: `Acct/Id/IBAN`.
    fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| element.child(name))
    }

    /// The text at a path, if there is some.
    fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.trim()).filter(|text| !text.is_empty())
    }
}

/// Reads a file whole.
fn read(bytes: &[u8]) -> Result<Element, NotABankFile> {
    if bytes.len() > FILE_BYTES_MAX {
        return wrong(format!("文件超过{}MB", FILE_BYTES_MAX >> 20));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return wrong("文件不是UTF-8编码") };
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<Element> = vec![Element::default()];
    let mut elements = 0;
    loop {
        let event = reader.read_event().map_err(|_| not_xml(&reader))?;
        let current = open.last_mut().expect("the outermost is never closed");
        match event {
            Event::Start(start) => {
                elements += 1;
                if open.len() > DEPTH_MAX || elements > ELEMENTS_MAX {
                    return wrong("文件的层次过深或元素过多");
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                elements += 1;
                if elements > ELEMENTS_MAX {
                    return wrong("文件的层次过深或元素过多");
                }
                current.children.push(element(&start)?);
            }
            Event::End(_) => {
                let closed = open.pop().expect("the reader matches ends with starts");
                let Some(parent) = open.last_mut() else { return wrong("文件不是合法的XML") };
                parent.children.push(closed);
            }
            Event::Text(text) => add(current, &text.xml10_content())?,
            Event::CData(text) => add(current, &text.xml10_content())?,
            Event::GeneralRef(name) => {
                let character = match name.resolve_char_ref() {
                    Ok(Some(character)) => character,
                    Ok(None) => match &*name {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "apos" => '\'',
                        "quot" => '"',
                        _ => return wrong("文件引用了未知的实体"),
                    },
                    _ => return wrong("文件含有不允许的字符"),
                };
                add(current, character.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return wrong("文件含有文档类型声明（DOCTYPE），不予读取"),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let outermost = open.pop().filter(|_| open.is_empty());
    let root = outermost
        .and_then(|mut outermost| outermost.children.pop().filter(|_| outermost.children.is_empty()));
    root.map_or_else(|| wrong("文件不是完整的XML"), Ok)
}

fn not_xml(reader: &Reader<&[u8]>) -> NotABankFile {
    NotABankFile(format!("第{}字节处不是合法的XML", reader.error_position()))
}

fn element(start: &quick_xml::events::BytesStart<'_>) -> Result<Element, NotABankFile> {
    let name = start.local_name();
    let mut currency = None;
    for attribute in start.attributes() {
        let Ok(attribute) = attribute else { return wrong("元素的属性不合法") };
        if attribute.key.local_name().as_ref() == "Ccy" {
            currency = Some(attribute.value.chars().take(10).collect());
        }
    }
    Ok(Element { name: name.as_ref().to_owned(), currency, ..Element::default() })
}

fn add(element: &mut Element, text: &str) -> Result<(), NotABankFile> {
    // XML has none, and the database keeps no NUL.
    if text.chars().any(|one| one.is_control() && !one.is_whitespace()) {
        return wrong("文件含有不允许的字符");
    }
    // White space between elements is nothing.
    let text = if element.text.is_empty() { text.trim_start() } else { text };
    if element.text.len() + text.len() > TEXT_MAX {
        return wrong("文件有元素内容过长");
    }
    element.text.push_str(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_and_what_is_not() {
        let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        for (file, expected) in [
            ("<a><b>1 &lt; 2</b></a>".to_owned(), Ok("1 < 2")),
            (
                "\u{feff}<?xml version=\"1.0\"?><!-- x --><x:a xmlns:x=\"u\"><x:b>中&#x6587;</x:b></x:a>"
                    .to_owned(),
                Ok("中文"),
            ),
            ("<a><b><![CDATA[<&>]]></b></a>".to_owned(), Ok("<&>")),
            ("<a><b> \n </b></a>".to_owned(), Err("nothing")),
            ("<!DOCTYPE a [<!ENTITY x \"yyy\">]><a><b>&x;</b></a>".to_owned(), Err("DOCTYPE")),
            ("<a><b>&x;</b></a>".to_owned(), Err("未知的实体")),
            ("<a><b>&#0;</b></a>".to_owned(), Err("不允许的字符")),
            ("<a><b>1&#8;</b></a>".to_owned(), Err("不允许的字符")),
            ("<a><b>1\u{0}</b></a>".to_owned(), Err("不允许的字符")),
            ("<a><b><![CDATA[1\u{0}]]></b></a>".to_owned(), Err("不允许的字符")),
            ("<a><b>1</c></a>".to_owned(), Err("不是合法的XML")),
            ("<a><b>1</b>".to_owned(), Err("不是")),
            ("</a>".to_owned(), Err("不是")),
            ("<a/><a/>".to_owned(), Err("完整")),
            (String::new(), Err("完整")),
            (deep(DEPTH_MAX + 1), Err("过深")),
            (format!("<a><b>{}</b></a>", "x".repeat(TEXT_MAX + 1)), Err("过长")),
            (format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX)), Err("过多")),
        ] {
            let found = read(file.as_bytes());
            match (&found, expected) {
                (Ok(root), Ok(text)) => assert_eq!(root.text_at("b"), Some(text)),
                (Ok(root), Err("nothing")) => assert_eq!(root.text_at("b"), None),
                (Err(why), Err(said)) => assert!(why.0.contains(said), "{why}: {said}"),
                _ => panic!("{found:?}: {expected:?}"),
            }
        }
        assert_eq!(read(&[0xff, 0xfe]).unwrap_err().0, "文件不是UTF-8编码");
        assert!(read(&vec![b' '; FILE_BYTES_MAX + 1]).unwrap_err().0.contains("超过8MB"));
    }
}
