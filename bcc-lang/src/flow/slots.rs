//! A table that is cheap to copy, to compare and to join: what two copies share, they share in
//! memory.
//!
//! A function has thousands of branches and hundreds of variables; each branch changes few.

use std::rc::Rc;

/// Entries of a leaf, and leaves of a group.
const WIDTH: usize = 32;

/// Entries with their numbers, in order.
type Leaf<T> = Rc<Vec<(usize, T)>>;
/// Leaves, `None` where there is no entry.
type Group<T> = Rc<Vec<Option<Leaf<T>>>>;

/// Values by a small number.
#[derive(Clone, Debug)]
pub(super) struct Slots<T> {
    groups: Vec<Group<T>>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { groups: Vec::new() }
    }
}

impl<T: Clone + PartialEq> Slots<T> {
    pub(super) fn get(&self, at: usize) -> Option<&T> {
        let leaf = self.leaf(at)?;
        let found = leaf.binary_search_by_key(&at, |(number, _)| *number).ok()?;
        leaf.get(found).map(|(_, value)| value)
    }

    fn leaf(&self, at: usize) -> Option<&Leaf<T>> {
        let group = self.groups.get(at / WIDTH / WIDTH)?;
        group.get(at / WIDTH % WIDTH)?.as_ref()
    }

    pub(super) fn set(&mut self, at: usize, value: Option<T>) {
        if self.get(at) == value.as_ref() {
            return;
        }
        let mut leaf = self.leaf(at).map(|leaf| leaf.to_vec()).unwrap_or_default();
        match (leaf.binary_search_by_key(&at, |(number, _)| *number), value) {
            (Ok(found), Some(value)) => {
                if let Some(slot) = leaf.get_mut(found) {
                    slot.1 = value;
                }
            }
            (Ok(found), None) => {
                leaf.remove(found);
            }
            (Err(place), Some(value)) => leaf.insert(place, (at, value)),
            (Err(_), None) => {}
        }
        self.set_leaf(at / WIDTH, (!leaf.is_empty()).then(|| Rc::new(leaf)));
    }

    fn set_leaf(&mut self, number: usize, leaf: Option<Leaf<T>>) {
        while self.groups.len() <= number / WIDTH {
            self.groups.push(Rc::new(vec![None; WIDTH]));
        }
        let group = self.groups.get_mut(number / WIDTH);
        if let Some(slot) = group.and_then(|group| Rc::make_mut(group).get_mut(number % WIDTH)) {
            *slot = leaf;
        }
    }

    /// Changes an entry, if there is one.
    pub(super) fn change(&mut self, at: usize, change: impl FnOnce(&mut T)) {
        if let Some(mut value) = self.get(at).cloned() {
            change(&mut value);
            self.set(at, Some(value));
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let leaves = self.groups.iter().flat_map(|group| group.iter()).flatten();
        let entries = leaves.flat_map(|leaf| leaf.iter());
        entries.map(|(at, value)| (*at, value))
    }

    /// Joins each entry with that of `other`; entries that both share stay as they are.
    pub(super) fn join(
        &mut self,
        other: &Self,
        mut join: impl FnMut(usize, Option<&T>, Option<&T>) -> Option<T>,
    ) {
        let mut changed = Vec::new();
        let none = Rc::new(Vec::new());
        for number in 0..self.groups.len().max(other.groups.len()) {
            let (mine, theirs) = (self.groups.get(number), other.groups.get(number));
            let (mine, theirs) = (mine.unwrap_or(&none), theirs.unwrap_or(&none));
            if Rc::ptr_eq(mine, theirs) {
                continue;
            }
            for at in 0..WIDTH {
                let leaf = |group: &'_ Group<T>| group.get(at).cloned().flatten();
                let (a, b) = (leaf(mine), leaf(theirs));
                let same = match (&a, &b) {
                    (Some(a), Some(b)) => Rc::ptr_eq(a, b),
                    (None, None) => true,
                    _ => false,
                };
                if !same {
                    let joined = join_leaves(a.as_ref(), b.as_ref(), &mut join);
                    changed.push((number * WIDTH + at, joined));
                }
            }
        }
        for (number, leaf) in changed {
            self.set_leaf(number, leaf);
        }
    }
}

fn join_leaves<T: Clone + PartialEq>(
    a: Option<&Leaf<T>>,
    b: Option<&Leaf<T>>,
    join: &mut impl FnMut(usize, Option<&T>, Option<&T>) -> Option<T>,
) -> Option<Leaf<T>> {
    let none = Rc::new(Vec::new());
    let (of_a, of_b) = (a.unwrap_or(&none), b.unwrap_or(&none));
    let mut joined: Vec<(usize, T)> = Vec::with_capacity(of_a.len().max(of_b.len()));
    let (mut left, mut right) = (of_a.iter().peekable(), of_b.iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some((a, _)), Some((b, _))) => *a.min(b),
            (Some((at, _)), None) | (None, Some((at, _))) => *at,
            (None, None) => break,
        };
        let x = left.next_if(|(at, _)| *at == next).map(|(_, value)| value);
        let y = right.next_if(|(at, _)| *at == next).map(|(_, value)| value);
        let value = if x == y { x.cloned() } else { join(next, x, y) };
        joined.extend(value.map(|value| (next, value)));
    }
    for known in [b, a].into_iter().flatten() {
        if **known == joined {
            return Some(Rc::clone(known));
        }
    }
    (!joined.is_empty()).then(|| Rc::new(joined))
}

impl<T: PartialEq> PartialEq for Slots<T> {
    fn eq(&self, other: &Self) -> bool {
        let leaf = |slots: &'_ Self, number: usize| -> Option<Leaf<T>> {
            slots
                .groups
                .get(number / WIDTH)?
                .get(number % WIDTH)?
                .clone()
        };
        let groups = self.groups.len().max(other.groups.len());
        (0..groups).all(|group| {
            match (self.groups.get(group), other.groups.get(group)) {
                (Some(a), Some(b)) if Rc::ptr_eq(a, b) => return true,
                _ => {}
            }
            (group * WIDTH..(group + 1) * WIDTH).all(|number| {
                match (leaf(self, number), leaf(other, number)) {
                    (Some(a), Some(b)) => Rc::ptr_eq(&a, &b) || a == b,
                    (None, None) => true,
                    _ => false,
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_differ_only_where_they_were_changed() {
        let mut a = Slots::default();
        for at in 0..4_000 {
            a.set(at, Some(at));
        }
        let mut b = a.clone();
        b.set(17, Some(0));
        assert_ne!(a, b);
        let mut asked = Vec::new();
        a.join(&b, |at, _, _| {
            asked.push(at);
            None
        });
        assert_eq!(asked, [17]);
        assert_eq!(a.get(17), None);
        assert_eq!(a.get(18), Some(&18));
        assert_eq!(a.iter().count(), 3_999);
    }
}
