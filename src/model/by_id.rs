//! Things by their ids, in the order of those. Knows nothing of what they are.

use std::borrow::Borrow;

/// A thing with an id of its own.
pub trait HasId {
    /// What names it for good.
    type Id: Ord;

    /// Its id.
    fn id(&self) -> &Self::Id;
}

/// Things by their ids, each at most once.
///
/// A list of pointers in the order of ids: every key press walks all of them, while few come and go.
#[derive(Clone, Debug)]
pub struct ById<T>(Vec<Box<T>>);

impl<T: HasId> ById<T> {
    /// The one with this id.
    pub fn get<Q: Ord + ?Sized>(&self, id: &Q) -> Option<&T>
    where
        T::Id: Borrow<Q>,
    {
        self.place(id).ok().map(|place| &*self.0[place])
    }

    /// The one with this id, to change anything but the id.
    pub fn get_mut(&mut self, id: &T::Id) -> Option<&mut T> {
        self.place(id).ok().map(|place| &mut *self.0[place])
    }

    /// Whether there is one with this id.
    pub fn contains_key<Q: Ord + ?Sized>(&self, id: &Q) -> bool
    where
        T::Id: Borrow<Q>,
    {
        self.place(id).is_ok()
    }

    /// Takes one in, in place of the one with the same id.
    pub fn insert(&mut self, thing: T) {
        match self.place(thing.id()) {
            Ok(place) => *self.0[place] = thing,
            Err(place) => self.0.insert(place, Box::new(thing)),
        }
    }

    /// Lets go of the one with this id.
    pub fn remove(&mut self, id: &T::Id) {
        if let Ok(place) = self.place(id) {
            self.0.remove(place);
        }
    }

    /// All of them, by id.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> {
        self.0.iter().map(|thing| &**thing)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place<Q: Ord + ?Sized>(&self, id: &Q) -> Result<usize, usize>
    where
        T::Id: Borrow<Q>,
    {
        self.0.binary_search_by(|thing| thing.id().borrow().cmp(id))
    }
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: HasId> FromIterator<T> for ById<T> {
    /// Of those with the same id the last one stays.
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        let mut all: Vec<Box<T>> = things.into_iter().map(Box::new).collect();
        // Turned round, so that of the same ids the last comes first and stays.
        all.reverse();
        all.sort_by(|a, b| a.id().cmp(b.id()));
        all.dedup_by(|next, kept| next.id() == kept.id());
        Self(all)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Thing = (u8, u16);

    impl HasId for Thing {
        type Id = u8;

        fn id(&self) -> &u8 {
            &self.0
        }
    }

    fn listed(things: &ById<Thing>) -> Vec<Thing> {
        things.values().copied().collect()
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_would(
            first in prop::collection::vec(any::<Thing>(), 0..40),
            steps in prop::collection::vec((any::<bool>(), any::<Thing>()), 0..80),
        ) {
            let mut map: BTreeMap<u8, Thing> = first.iter().map(|thing| (thing.0, *thing)).collect();
            let mut things: ById<Thing> = first.into_iter().collect();
            prop_assert_eq!(listed(&things), map.values().copied().collect::<Vec<_>>());
            for (goes, thing) in steps {
                if goes {
                    map.remove(&thing.0);
                    things.remove(&thing.0);
                } else {
                    map.insert(thing.0, thing);
                    things.insert(thing);
                }
                prop_assert_eq!(things.get(&thing.0), map.get(&thing.0));
                prop_assert_eq!(things.contains_key(&thing.0), map.contains_key(&thing.0));
            }
            prop_assert_eq!(things.len(), map.len());
            prop_assert_eq!(things.is_empty(), map.is_empty());
            prop_assert_eq!(listed(&things), map.values().copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn one_is_changed_in_place() {
        let mut things: ById<Thing> = [(2, 20), (1, 10)].into_iter().collect();
        things.get_mut(&2).unwrap().1 = 21;
        assert_eq!(things.get_mut(&3), None);
        assert_eq!(listed(&things), [(1, 10), (2, 21)]);
    }
}
