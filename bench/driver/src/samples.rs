//! What was measured: figures by kind of work and by program.

use std::collections::BTreeMap;

/// Kind of work, and program.
type Key = (String, String);

#[derive(Default)]
pub(crate) struct Samples {
    figures: BTreeMap<Key, Vec<f64>>,
    missing: BTreeMap<Key, String>,
}

impl Samples {
    pub(crate) fn add(&mut self, work: impl Into<String>, program: impl Into<String>, figure: f64) {
        let key = (work.into(), program.into());
        self.figures.entry(key).or_default().push(figure);
    }

    /// Notes why there is no figure.
    pub(crate) fn lacks(
        &mut self,
        work: impl Into<String>,
        program: impl Into<String>,
        why: impl ToString,
    ) {
        let key = (work.into(), program.into());
        self.missing.insert(key, why.to_string());
    }

    /// The median, or why there is none. One run that failed leaves none.
    pub(crate) fn median(&self, work: &str, program: &str) -> Result<f64, String> {
        let key = (work.to_owned(), program.to_owned());
        if let Some(why) = self.missing.get(&key) {
            return Err(why.clone());
        }
        let found = self.figures.get(&key).ok_or("was not run")?;
        let mut sorted = found.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = ((sorted.len() - 1) / 2, sorted.len() / 2);
        Ok(f64::midpoint(sorted[low], sorted[high]))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &[f64])> {
        self.figures
            .iter()
            .map(|((work, program), figures)| (work.as_str(), program.as_str(), figures.as_slice()))
    }
}
