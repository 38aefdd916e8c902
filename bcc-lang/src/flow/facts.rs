//! What is known at one place of a function.
//!
//! A fact holds on all paths to the place, or at least on one that is certain to be possible: a
//! fact of the second kind is made where paths join and ends at the next branch, since what is
//! tested there may be tied to the path. What is not known is not there.

use super::slots::Slots;
use crate::span::Span;
use std::rc::Rc;

/// Number of a variable of the function.
pub(super) type VarNo = usize;
/// Number of an expression whose result is followed: a lookup, a reservation.
pub(super) type SiteNo = usize;

/// A fact and whether it holds on all paths to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fact<T> {
    pub(super) is: T,
    pub(super) all: bool,
}

impl<T> Fact<T> {
    pub(super) const fn new(is: T) -> Self {
        Self { is, all: true }
    }

    const fn some(is: T) -> Self {
        Self { is, all: false }
    }
}

/// Whether a result is `NULL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Null {
    /// Nobody asked yet.
    Untested,
    /// It is `NULL`.
    Yes,
    /// It is not.
    No,
    /// It was followed untested, at that place.
    Followed(Span),
}

impl Null {
    /// Whether following it is a mistake.
    pub(super) const fn is_bad(self) -> bool {
        matches!(self, Self::Untested | Self::Yes)
    }
}

/// Whether a reserved record must still be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owed {
    /// It must.
    Yes,
    /// It was given back there.
    Released(Span),
    /// Either, as the path went.
    Either(Span),
    /// There is none: the reservation failed.
    Nothing,
}

/// What is known of the result of one expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Site {
    pub(super) null: Option<Fact<Null>>,
    pub(super) owed: Option<Fact<Owed>>,
    /// Where its entry was deleted.
    pub(super) deleted: Option<Fact<Span>>,
    /// Whether a path tested a number against an upper bound.
    pub(super) upper: bool,
    /// Whether a path tested a number against a lower bound.
    pub(super) lower: bool,
    /// The variable with the key of the lookup.
    pub(super) key: Option<VarNo>,
    /// The variables that may hold it.
    pub(super) holders: Vec<VarNo>,
}

impl Site {
    pub(super) const fn new() -> Self {
        Self {
            null: None,
            owed: None,
            deleted: None,
            upper: false,
            lower: false,
            key: None,
            holders: Vec::new(),
        }
    }
}

/// A number of the kernel whose halves mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// `bpf_get_current_pid_tgid()`
    PidTgid,
    /// Its low half: the thread.
    Thread,
    /// `bpf_get_current_uid_gid()`
    UidGid,
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing is known.
    Unknown,
    /// A constant; 0 for `NULL`.
    Constant(i128),
    /// The result of an expression.
    Result(SiteNo),
    /// An address behind that result.
    Inside(SiteNo),
    /// The address of a variable, or of so many bytes of it: start and end.
    Address(VarNo, Option<(u64, u64)>),
    /// A number of the kernel.
    Origin(Origin),
}

/// What makes a value that is there on one path only a mistake to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    Null(Null),
    Unbounded,
}

/// A value and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Val {
    pub(super) kind: Kind,
    /// `None`: it is this value on all paths. Else on one, where this was known of it.
    pub(super) on_some: Option<Evidence>,
}

impl Val {
    pub(super) const UNKNOWN: Self = Self::new(Kind::Unknown);

    pub(super) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            on_some: None,
        }
    }

    /// The result it is for sure.
    pub(super) fn site(self) -> Option<SiteNo> {
        match self.kind {
            Kind::Result(site) | Kind::Inside(site) if self.on_some.is_none() => Some(site),
            _ => None,
        }
    }

    pub(super) const fn constant(self) -> Option<i128> {
        match self.kind {
            Kind::Constant(value) => Some(value),
            _ => None,
        }
    }
}

/// Ranges of bytes, in order and apart.
pub(super) type Bytes = Rc<Vec<(u64, u64)>>;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Var {
    /// What it holds.
    pub(super) val: Val,
    /// The bytes that a path wrote; `None` if it may be all.
    pub(super) written: Option<Bytes>,
}

impl Var {
    pub(super) const UNKNOWN: Self = Self {
        val: Val::UNKNOWN,
        written: None,
    };
}

/// What holds on one path only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Doubt {
    Var(VarNo),
    Site(SiteNo),
}

/// Everything that is known at one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    vars: Slots<Var>,
    sites: Slots<Site>,
    /// In order, each once.
    doubts: Rc<Vec<Doubt>>,
    /// Whether it may be that no path leads here.
    pub(super) unsure: bool,
    /// Whether a branch lies behind.
    pub(super) branched: bool,
}

/// What of the numbers of expressions does not change.
pub(super) trait Sites {
    /// Whether a number is one of which only tests tell the bounds, and whether it is signed.
    fn unbounded(&self, site: SiteNo) -> Option<bool>;
}

impl State {
    pub(super) fn var(&self, var: VarNo) -> &Var {
        self.vars.get(var).unwrap_or(&Var::UNKNOWN)
    }

    pub(super) fn set_var(&mut self, var: VarNo, value: Var) {
        let known = value != Var::UNKNOWN;
        self.drop_held(var, value.val.kind);
        match value.val.kind {
            Kind::Result(site) | Kind::Inside(site) => self.change_site(site, |fact| {
                if !fact.holders.contains(&var) {
                    fact.holders.push(var);
                    fact.holders.sort_unstable();
                }
            }),
            Kind::Unknown | Kind::Constant(_) | Kind::Address(..) | Kind::Origin(_) => {}
        }
        if value.val.on_some.is_some() {
            self.doubt(Doubt::Var(var));
        }
        self.vars.set(var, known.then_some(value));
    }

    /// A variable holds something else now: of a result that nobody holds there is nothing to know.
    fn drop_held(&mut self, var: VarNo, now: Kind) {
        let (Kind::Result(site) | Kind::Inside(site)) = self.var(var).val.kind else {
            return;
        };
        if now == self.var(var).val.kind {
            return;
        }
        let Some(mut fact) = self.sites.get(site).cloned() else {
            return;
        };
        fact.holders.retain(|holder| *holder != var);
        let owes = fact
            .owed
            .is_some_and(|owed| matches!(owed.is, Owed::Yes | Owed::Either(_)));
        let keep = owes || !fact.holders.is_empty();
        self.sites.set(site, keep.then_some(fact));
    }

    pub(super) fn set_val(&mut self, var: VarNo, val: Val) {
        let written = self.var(var).written.clone();
        self.set_var(var, Var { val, written });
    }

    pub(super) fn site(&self, site: SiteNo) -> Option<&Site> {
        self.sites.get(site)
    }

    pub(super) fn sites(&self) -> impl Iterator<Item = (SiteNo, &Site)> {
        self.sites.iter()
    }

    pub(super) fn change_site(&mut self, site: SiteNo, change: impl FnOnce(&mut Site)) {
        if self.sites.get(site).is_some() {
            self.sites.change(site, change);
        }
    }

    /// A result is made: what held an earlier one of the same expression is not it.
    pub(super) fn make_site(&mut self, site: SiteNo, fact: Site) {
        let holders = self.sites.get(site).map(|old| old.holders.clone());
        for var in holders.into_iter().flatten() {
            let held = self.var(var).val.kind;
            if matches!(held, Kind::Result(old) | Kind::Inside(old) if old == site) {
                self.set_val(var, Val::UNKNOWN);
            }
        }
        self.sites.set(site, Some(fact));
    }

    /// Nothing is known of a result any more.
    pub(super) fn forget_site(&mut self, site: SiteNo) {
        self.sites.set(site, None);
    }

    pub(super) fn forget_var(&mut self, var: VarNo) {
        self.drop_held(var, Kind::Unknown);
        self.vars.set(var, None);
    }

    /// Nothing is known any more.
    pub(super) fn clear(&mut self) {
        self.vars = Slots::default();
        self.sites = Slots::default();
        self.doubts = Rc::default();
        self.unsure = true;
        self.branched = true;
    }

    fn doubt(&mut self, doubt: Doubt) {
        if let Err(at) = self.doubts.binary_search(&doubt) {
            Rc::make_mut(&mut self.doubts).insert(at, doubt);
        }
    }

    /// A branch: what holds on one path to here may not hold on the one taken now.
    pub(super) fn branch(&mut self) {
        self.branched = true;
        for doubt in std::mem::take(&mut self.doubts).iter() {
            match *doubt {
                Doubt::Var(var) => {
                    if self.var(var).val.on_some.is_some() {
                        self.set_val(var, Val::UNKNOWN);
                    }
                }
                Doubt::Site(site) => self.change_site(site, |fact| {
                    fact.null = fact.null.filter(|fact| fact.all);
                    fact.owed = fact.owed.filter(|fact| fact.all);
                    fact.deleted = fact.deleted.filter(|fact| fact.all);
                }),
            }
        }
    }

    /// What is known where this path and another meet.
    pub(super) fn join(mut self, other: &Self, sites: &dyn Sites) -> Self {
        let mut doubts: Vec<Doubt> = Vec::new();
        let mut vars = std::mem::take(&mut self.vars);
        vars.join(&other.vars, |at, a, b| {
            let (a, b) = (a.unwrap_or(&Var::UNKNOWN), b.unwrap_or(&Var::UNKNOWN));
            let val = join_values((a.val, &self), (b.val, other), sites);
            if val.on_some.is_some() {
                doubts.push(Doubt::Var(at));
            }
            let written = a.written.as_ref().zip(b.written.as_ref());
            let written = written.map(|(a, b)| join_bytes(a, b));
            let joined = Var { val, written };
            (joined != Var::UNKNOWN).then_some(joined)
        });
        self.vars = vars;
        self.sites.join(&other.sites, |at, a, b| {
            doubts.push(Doubt::Site(at));
            Some(join_sites(a, b))
        });
        if !doubts.is_empty() || !other.doubts.is_empty() {
            doubts.extend(self.doubts.iter().chain(other.doubts.iter()));
            doubts.sort_unstable();
            doubts.dedup();
            self.doubts = Rc::new(doubts);
        }
        self.unsure &= other.unsure;
        self.branched |= other.branched;
        self
    }
}

/// Joins two paths, of which one or both may not lead here.
pub(super) fn join(a: Option<State>, b: Option<State>, sites: &dyn Sites) -> Option<State> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.join(&b, sites)),
        (some, None) | (None, some) => some,
    }
}

/// Why using a value would be a mistake where a path ends.
fn evidence(val: Val, state: &State, sites: &dyn Sites) -> Option<Evidence> {
    if val.on_some.is_some() {
        return val.on_some;
    }
    let Kind::Result(site) = val.kind else {
        return None;
    };
    let fact = state.site(site)?;
    if let Some(signed) = sites.unbounded(site) {
        let unbounded = !fact.upper || (signed && !fact.lower);
        return unbounded.then_some(Evidence::Unbounded);
    }
    let null = fact.null?.is;
    null.is_bad().then_some(Evidence::Null(null))
}

fn join_values(a: (Val, &State), b: (Val, &State), sites: &dyn Sites) -> Val {
    if a.0 == b.0 {
        return a.0;
    }
    for (val, state) in [a, b] {
        if let Some(evidence) = evidence(val, state, sites) {
            return Val {
                kind: val.kind,
                on_some: Some(evidence),
            };
        }
    }
    Val::UNKNOWN
}

/// What holds of one value on either path.
pub(super) fn join_vals(a: Val, of_a: &State, b: Val, of_b: &State, sites: &dyn Sites) -> Val {
    join_values((a, of_a), (b, of_b), sites)
}

fn join_sites(a: Option<&Site>, b: Option<&Site>) -> Site {
    let null = join_facts(a.and_then(|a| a.null), b.and_then(|b| b.null), join_null);
    let owed = join_facts(a.and_then(|a| a.owed), b.and_then(|b| b.owed), join_owed);
    let deleted = join_facts(
        a.and_then(|a| a.deleted),
        b.and_then(|b| b.deleted),
        |a, b| match (a, b) {
            (Some(a), Some(b)) if a == b => Some((a, true)),
            (Some(a), _) | (None, Some(a)) => Some((a, false)),
            (None, None) => None,
        },
    );
    let key = match (a, b) {
        (Some(a), Some(b)) => a.key.filter(|key| b.key == Some(*key)),
        _ => None,
    };
    let mut holders: Vec<VarNo> = [a, b]
        .into_iter()
        .flatten()
        .flat_map(|site| site.holders.iter().copied())
        .collect();
    holders.sort_unstable();
    holders.dedup();
    // A path on which it is not known may have tested it.
    let tested = |test: fn(&Site) -> bool| a.is_none_or(test) || b.is_none_or(test);
    Site {
        null,
        owed,
        deleted,
        upper: tested(|site| site.upper),
        lower: tested(|site| site.lower),
        key,
        holders,
    }
}

fn join_facts<T: Copy>(
    a: Option<Fact<T>>,
    b: Option<Fact<T>>,
    join: impl FnOnce(Option<T>, Option<T>) -> Option<(T, bool)>,
) -> Option<Fact<T>> {
    let all = a.is_some_and(|a| a.all) && b.is_some_and(|b| b.all);
    let (is, same) = join(a.map(|a| a.is), b.map(|b| b.is))?;
    Some(if all && same {
        Fact::new(is)
    } else {
        Fact::some(is)
    })
}

/// The worse of two, and whether it holds either way.
fn join_null(a: Option<Null>, b: Option<Null>) -> Option<(Null, bool)> {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Some((a, true)),
        // What was followed untested is untested still.
        (Some(a), Some(b)) if a != Null::No && b != Null::No => Some((Null::Untested, true)),
        (Some(bad), _) | (_, Some(bad)) if bad.is_bad() => Some((bad, false)),
        _ => None,
    }
}

fn join_owed(a: Option<Owed>, b: Option<Owed>) -> Option<(Owed, bool)> {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Some((a, true)),
        (Some(Owed::Either(at)), _) | (_, Some(Owed::Either(at))) => {
            Some((Owed::Either(at), false))
        }
        (Some(Owed::Yes), Some(Owed::Released(at)))
        | (Some(Owed::Released(at)), Some(Owed::Yes)) => Some((Owed::Either(at), false)),
        (Some(owed @ (Owed::Yes | Owed::Released(_))), _)
        | (_, Some(owed @ (Owed::Yes | Owed::Released(_)))) => Some((owed, false)),
        (None | Some(Owed::Nothing), None | Some(Owed::Nothing)) => None,
    }
}

fn join_bytes(a: &Bytes, b: &Bytes) -> Bytes {
    if a == b {
        return Rc::clone(a);
    }
    let all = a.iter().chain(b.iter());
    all.fold(Rc::default(), |joined, range| add_bytes(&joined, *range))
}

/// Adds a range of bytes.
pub(super) fn add_bytes(bytes: &Bytes, added: (u64, u64)) -> Bytes {
    let (mut from, mut to) = added;
    let mut all = Vec::with_capacity(bytes.len() + 1);
    for (start, end) in bytes.iter().copied() {
        if end < from || start > to {
            all.push((start, end));
        } else {
            from = from.min(start);
            to = to.max(end);
        }
    }
    all.push((from, to));
    all.sort_unstable();
    Rc::new(all)
}

/// Whether a byte of `from..to` was written.
pub(super) fn overlaps(bytes: &Bytes, from: u64, to: u64) -> bool {
    bytes.iter().any(|(start, end)| *start < to && from < *end)
}
