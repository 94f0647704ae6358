//! The description of the node's interfaces: `/api/openapi.json` for programs, `/api/` for people. It says nothing of anybody
//! and needs no token.

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use std::sync::OnceLock;
use wire::openapi::{Role, document, page};

/// The routes of the hub's description.
pub fn of_hub<N: Clone + Send + Sync + 'static>() -> Router<N> {
    Router::new()
        .route("/api/openapi.json", get(|| async { json(Role::Hub) }))
        .route("/api/", get(|| async { Html(page::index(Role::Hub)) }))
        .route("/api/{name}", get(no_such_page))
}

/// The routes of a province's.
pub fn of_province<N: Clone + Send + Sync + 'static>() -> Router<N> {
    Router::new()
        .route("/api/openapi.json", get(|| async { json(Role::Province) }))
        .route("/api/", get(|| async { Html(page::index(Role::Province)) }))
        .route("/api/{name}", get(|Path(name): Path<String>| async move { transaction(&name) }))
}

/// The document, written once: it is the same as long as the program runs.
fn json(role: Role) -> Response {
    static WRITTEN: [OnceLock<String>; 2] = [OnceLock::new(), OnceLock::new()];
    let written = &WRITTEN[usize::from(role == Role::Province)];
    let written = written.get_or_init(|| document(role).to_string());
    ([(header::CONTENT_TYPE, "application/json")], written.as_str()).into_response()
}

fn transaction(name: &str) -> Response {
    match page::transaction(name) {
        Some(page) => Html(page).into_response(),
        None => nothing(),
    }
}

async fn no_such_page() -> Response {
    nothing()
}

fn nothing() -> Response {
    let words = "<h1>没有这一页</h1><p><a href=\"/api/\">接口说明</a></p>";
    (StatusCode::NOT_FOUND, Html(page::page("没有这一页", words))).into_response()
}

#[cfg(test)]
mod tests {
    //! The routers do not list their routes, so they are read where they are written.

    use super::*;
    use std::{collections::BTreeSet, fs, path::Path as FilePath};
    use wire::openapi::CALL_SERVICE;

    /// Method and path.
    type Routes = BTreeSet<(String, String)>;

    fn sources() -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut left = vec![FilePath::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = left.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    found.push((name, fs::read_to_string(&path).unwrap()));
                }
            }
        }
        found
    }

    /// What `.route("path", handlers)` says. What is under a prefix as a whole is for nobody to ask.
    fn routes_in(source: &str) -> Routes {
        let mut routes = Routes::new();
        for after in source.split(".route(").skip(1) {
            let quoted = after.trim_start().strip_prefix('"').and_then(|after| after.split_once('"'));
            let Some((path, rest)) = quoted.filter(|(path, _)| path.starts_with('/') && !path.contains("{*"))
            else {
                continue;
            };
            // The handlers end with the parenthesis that the call was opened with.
            let mut depth = 1;
            let end = rest.find(|one| {
                depth += match one {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                depth == 0
            });
            let handlers = &rest[..end.unwrap_or(rest.len())];
            for method in ["get", "post", "put", "delete", "patch"] {
                let is_there =
                    [" ", "."].iter().any(|before| handlers.contains(&format!("{before}{method}(")));
                if is_there {
                    routes.insert((method.to_owned(), path.to_owned()));
                }
            }
        }
        routes
    }

    fn described(role: Role) -> Routes {
        let document = document(role);
        let mut routes = Routes::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                routes.insert((method.clone(), path.clone()));
            }
        }
        routes
    }

    /// A route by the steps that it takes: a step is described by its name.
    fn named((method, path): (String, String)) -> Vec<(String, String)> {
        let Some(of) = path.strip_suffix("{step}") else { return vec![(method, path)] };
        ["explain", "confirm", "reopen"].map(|step| (method.clone(), format!("{of}{step}"))).to_vec()
    }

    /// The routes of a role: of every function that gives back a router of that role, or of either; and what is served beside.
    fn written(role: Role) -> Routes {
        let node = if role == Role::Hub { "Router<Arc<Hub>>" } else { "Router<Arc<ProvinceNode>>" };
        let of_role = |function: &&str| {
            let head = function.split('{').next().unwrap_or_default();
            [node, "Router<N>", "Router<Arc<N>>"].iter().any(|router| head.contains(router))
        };
        let mut routes = Routes::new();
        for (name, source) in sources() {
            if name == "serve.rs" {
                routes.extend(routes_in(&source));
            }
            routes.extend(source.split("fn ").filter(of_role).flat_map(routes_in));
        }
        routes.into_iter().flat_map(named).collect()
    }

    #[test]
    fn every_route_is_described_and_every_description_is_a_route() {
        for role in [Role::Hub, Role::Province] {
            let (written, mut described) = (written(role), described(role));
            assert!(written.len() > 8, "the routes are written otherwise now: {written:?}");
            // The hospital interface is what a province does with every other path.
            described.retain(|(_, path)| !path.starts_with(CALL_SERVICE));
            let missing: Vec<_> = written.difference(&described).collect();
            let strange: Vec<_> = described.difference(&written).collect();
            assert!(missing.is_empty(), "{role:?}: a line in wire/src/openapi/management.rs for {missing:?}");
            assert!(strange.is_empty(), "{role:?}: no such route: {strange:?}");
        }
    }
}
