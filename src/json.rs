//! Strict JSON: no array in place of an object, no duplicate keys, and no errors that quote the input.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::error::Category;

/// Describes an error without quoting the input, as serde's own messages do.
pub(crate) fn reason(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => "it is not valid JSON",
        // serde_json has no category for duplicates. The texts are those of UniqueMap and of serde.
        Category::Data
            if [DUPLICATE_KEY, "duplicate field "].iter().any(|text| error.to_string().starts_with(text)) =>
        {
            "it has a duplicate key"
        }
        Category::Data => "a value has an unexpected type",
    }
}

const DUPLICATE_KEY: &str = "duplicate key";

/// A JSON object parsed into `T`. serde itself would also accept an array.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// A JSON object with unique keys, sorted by key.
#[derive(Debug)]
pub(crate) struct UniqueMap<V>(pub(crate) BTreeMap<String, V>);

impl<V> Default for UniqueMap<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UniqueMapVisitor<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for UniqueMapVisitor<V> {
            type Value = UniqueMap<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueMap<V>, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((key, value)) = map.next_entry()? {
                    if entries.insert(key, value).is_some() {
                        return Err(A::Error::custom(DUPLICATE_KEY));
                    }
                }
                Ok(UniqueMap(entries))
            }
        }

        deserializer.deserialize_map(UniqueMapVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_do_not_quote_the_input() {
        let reason_of = |text: &str| reason(&serde_json::from_str::<UniqueMap<String>>(text).unwrap_err());
        assert_eq!(reason_of("ghs_secret"), "it is not valid JSON");
        assert_eq!(reason_of(r#"{"a":"#), "it is not valid JSON");
        assert_eq!(reason_of(r#"{"ghs_secret":5}"#), "a value has an unexpected type");
        assert_eq!(reason_of(r#"{"a":"b","a":"c"}"#), "it has a duplicate key");
    }

    #[test]
    fn an_array_is_not_an_object() {
        #[derive(serde::Deserialize)]
        struct Pair {
            a: u8,
        }
        assert_eq!(serde_json::from_str::<Object<Pair>>(r#"{"a":1}"#).unwrap().0.a, 1);
        let twice = serde_json::from_str::<Object<Pair>>(r#"{"a":1,"a":1}"#).err().unwrap();
        assert_eq!(reason(&twice), "it has a duplicate key");
        assert!(serde_json::from_str::<Object<Pair>>("[1]").is_err());
    }
}
