//! The pages of the consoles and the portal, served from the node's own origin. They are given as values: where they come from, and how
//! they were built, is nothing that a node knows.

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{collections::BTreeMap, sync::Arc};
use wire::openapi::page::page;

/// The pages by their paths, each as it was built and, where that is smaller, packed.
#[derive(Clone, Debug, Default)]
pub struct Pages(Arc<BTreeMap<String, File>>);

#[derive(Clone, Debug)]
struct File {
    plain: Bytes,
    packed: Option<Bytes>,
    kind: &'static str,
    tag: HeaderValue,
    /// Its name says what is in it, so that it never changes.
    for_ever: bool,
}

/// The entries, by which people come in.
const ENTRIES: [&str; 2] = ["console.html", "portal.html"];
/// What the end of a packed file's name says.
const PACKED: &str = ".gz";

impl Pages {
    /// Pages of these files: paths under the root, and contents. A path that ends in `.gz` is the packed form of the one without.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'static [u8])>) -> Self {
        let mut packed = BTreeMap::new();
        let mut found = BTreeMap::new();
        for (path, content) in files {
            let (path, content) = (path.trim_start_matches('/'), Bytes::from_static(content));
            if let Some(path) = path.strip_suffix(PACKED) {
                packed.insert(path.to_owned(), content);
                continue;
            }
            let file = File {
                tag: tag_of(&content),
                kind: kind_of(path),
                for_ever: path.starts_with("assets/"),
                packed: None,
                plain: content,
            };
            found.insert(path.to_owned(), file);
        }
        for (path, content) in packed {
            if let Some(file) = found.get_mut(&path) {
                file.packed = Some(content).filter(|packed| packed.len() < file.plain.len());
            }
        }
        Self(Arc::new(found))
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is at a path, if it is a page's.
    fn answer(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let path = path.trim_start_matches('/');
        if path.is_empty() {
            return Some((StatusCode::FOUND, [(header::LOCATION, "/console.html")]).into_response());
        }
        if self.is_empty() {
            return ENTRIES.contains(&path).then(not_built);
        }
        let file = self.0.get(path)?;
        let mut answer = if is_known(headers, &file.tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let packed = file.packed.as_ref().filter(|_| takes_packed(headers));
            let mut answer = Response::new(Body::from(packed.unwrap_or(&file.plain).clone()));
            if packed.is_some() {
                answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            answer
        };
        let keep = if file.for_ever { "public, max-age=31536000, immutable" } else { "no-cache" };
        let all = answer.headers_mut();
        all.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
        all.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        all.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        all.insert(header::ETAG, file.tag.clone());
        guard(all);
        Some(answer)
    }
}

/// What a browser may do with a page: nothing that comes from elsewhere, and nobody shows it in a frame of theirs.
pub(crate) fn guard(headers: &mut HeaderMap) {
    // Styles that parts of pages set on elements are written into them; scripts never are.
    const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
        font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("permissions-policy", "camera=(self), geolocation=(), microphone=()"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// What stands where the pages would be in a program that was built without them.
fn not_built() -> Response {
    let words = "<h1>页面未包含在本程序中</h1><p>管理接口和医院接口照常可用：<a href=\"/api/\">接口说明</a>。</p>\
        <p>需要页面时，请在web目录执行<code>npm ci &amp;&amp; npm run build</code>，然后重新编译程序（make demo会依次完成）。</p>\
        <h2>The pages are not in this program</h2><p>It was built without Node. Run <code>npm ci &amp;&amp; npm run build</code> in \
        <code>web</code> and build the program again; <code>make demo</code> does both.</p>";
    let mut answer = axum::response::Html(page("页面未包含", words)).into_response();
    guard(answer.headers_mut());
    answer
}

/// A digest of the content: FNV-1a of 64 bits. It only has to differ where the content does, on a day on which somebody built it anew.
fn tag_of(content: &[u8]) -> HeaderValue {
    let digest = content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, one| (sum ^ u64::from(*one)).wrapping_mul(0x0100_0000_01b3));
    let text = format!("\"{digest:016x}-{:x}\"", content.len());
    HeaderValue::from_str(&text).expect("digits")
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let shown = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = shown.flat_map(|value| value.split(',')).map(|one| one.trim().trim_start_matches("W/"));
    tags.any(|one| one.as_bytes() == tag.as_bytes() || one == "*")
}

fn takes_packed(headers: &HeaderMap) -> bool {
    let takes =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    takes.split(',').any(|one| {
        let (name, rest) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == "gzip" && !matches!(rest.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

/// A node that has pages.
pub(crate) trait Paged: Send + Sync + 'static {
    /// Its pages.
    fn pages(&self) -> &Pages;
}

/// Answers what asks for a page, and hands all else on: whatever is posted goes its own way, to whichever path.
pub(crate) async fn before<N: Paged>(State(node): State<Arc<N>>, request: Request, next: Next) -> Response {
    let only_head = request.method() == Method::HEAD;
    if only_head || request.method() == Method::GET {
        let answer = node.pages().answer(request.uri().path(), request.headers());
        if let Some(answer) = answer {
            return if only_head { answer.map(|_| Body::empty()) } else { answer };
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    fn pages() -> Pages {
        const SCRIPT: &[u8] = b"console.log('a script that is longer than what is packed of it')";
        Pages::of([
            ("console.html", b"<!doctype html>".as_slice()),
            ("assets/a-1234.js", SCRIPT),
            ("assets/a-1234.js.gz", b"packed".as_slice()),
            ("assets/b.css", b"b".as_slice()),
            ("assets/b.css.gz", b"not smaller".as_slice()),
        ])
    }

    fn headers(of: &[(header::HeaderName, &str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    async fn body(answer: Response) -> Vec<u8> {
        answer.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    #[tokio::test]
    async fn a_page_is_served_with_what_keeps_it_safe() {
        let answer = pages().answer("/console.html", &HeaderMap::new()).unwrap();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("script-src 'self' '"),
            "{policy}"
        );
        assert_eq!(body(answer).await, b"<!doctype html>");
        let root = pages().answer("/", &HeaderMap::new()).unwrap();
        assert_eq!(
            (root.status(), &root.headers()[header::LOCATION]),
            (StatusCode::FOUND, &"/console.html".parse().unwrap())
        );
        for nothing in ["/assets/none.js", "/assets/../console.html", "/Console.html", "/api/"] {
            assert!(pages().answer(nothing, &HeaderMap::new()).is_none(), "{nothing}");
        }
    }

    #[tokio::test]
    async fn whoever_takes_it_packed_gets_it_packed_and_whoever_knows_it_gets_nothing() {
        let path = "/assets/a-1234.js";
        let packed = pages().answer(path, &headers(&[(header::ACCEPT_ENCODING, "br, gzip;q=0.5")])).unwrap();
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(packed.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let tag = packed.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(body(packed).await, b"packed");
        for takes in ["", "gzip;q=0", "br"] {
            let plain = pages().answer(path, &headers(&[(header::ACCEPT_ENCODING, takes)])).unwrap();
            assert!(!plain.headers().contains_key(header::CONTENT_ENCODING), "{takes}");
        }
        let known = pages().answer(path, &headers(&[(header::IF_NONE_MATCH, &format!("\"x\", W/{tag}"))]));
        assert_eq!(known.unwrap().status(), StatusCode::NOT_MODIFIED);
        let css = pages().answer("/assets/b.css", &headers(&[(header::ACCEPT_ENCODING, "gzip")])).unwrap();
        assert_eq!(body(css).await, b"b");
    }

    #[tokio::test]
    async fn a_program_without_pages_says_so() {
        let none = Pages::default();
        let answer = none.answer("/console.html", &HeaderMap::new()).unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(String::from_utf8(body(answer).await).unwrap().contains("npm run build"));
        assert!(none.answer("/assets/a.js", &HeaderMap::new()).is_none());
    }
}
