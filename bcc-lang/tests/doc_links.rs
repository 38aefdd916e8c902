//! Links between the pages of the documentation lead somewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages, by their paths below the root.
fn pages() -> Vec<String> {
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let docs = docs.map(|entry| PathBuf::from("docs").join(entry.unwrap().file_name()));
    let mut pages: Vec<String> = docs
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| path.display().to_string())
        .collect();
    pages.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned));
    pages.sort();
    pages
}

/// The lines of a page outside of its blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// What the links of a page lead to: `[words](target)`.
fn targets(text: &str) -> Vec<&str> {
    prose(text)
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
        .collect()
}

/// The anchors that a page has, made of its headings as the common hosts do.
fn anchors(text: &str) -> Vec<String> {
    let mut seen = BTreeMap::new();
    let headings = prose(text).filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
            let times = seen.entry(anchor.clone()).or_insert(0);
            *times += 1;
            match *times {
                1 => anchor,
                more => format!("{anchor}-{}", more - 1),
            }
        })
        .collect()
}

/// Why a link of a page leads nowhere, if it does.
fn check(page: &str, target: &str) -> Option<String> {
    if target.contains("://") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let here = root().join(page);
    let path = match file {
        "" => here,
        file => here.parent().unwrap().join(file),
    };
    if !path.exists() {
        return Some(format!("{page}: there is no `{file}`"));
    }
    let is_there = || anchors(&fs::read_to_string(&path).unwrap()).contains(&anchor.to_owned());
    (!anchor.is_empty() && !is_there()).then(|| format!("{page}: `{target}` has no such heading"))
}

#[test]
fn links_lead_somewhere() {
    let mut dead = String::new();
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for target in targets(&text) {
            seen += 1;
            if let Some(why) = check(&page, target) {
                let _ = writeln!(dead, "{why}");
            }
        }
    }
    assert!(seen > 40, "links are no longer found: {seen}");
    assert!(dead.is_empty(), "{dead}");
}

#[test]
fn the_guide_names_all_its_pages() {
    let index = fs::read_to_string(root().join("docs/README.md")).unwrap();
    let named = targets(&index);
    for page in pages() {
        let name = page
            .strip_prefix("docs/")
            .filter(|name| *name != "README.md");
        if let Some(name) = name {
            assert!(
                named.contains(&name),
                "docs/README.md does not name `{name}`"
            );
        }
    }
}
