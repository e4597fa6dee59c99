//! Searches for leaked secrets.

use crate::lambda::{Post, Posted};
use crate::output::Captured;

/// A leaked secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The place of the leak: `standard output`, `standard error`, or the path of a post.
    pub place: String,
    /// The secret.
    pub secret: String,
}

impl Leak {
    pub(crate) fn is_token_in_response(&self, tokens: &[String]) -> bool {
        self.place.starts_with("response ") && tokens.iter().any(|token| token.contains(&self.secret))
    }
}

/// Returns every place of every secret in the output and in the posts with their headers. Ignores empty secrets.
pub(crate) fn search(captured: &Captured, posts: &[Post], secrets: &[String]) -> Vec<Leak> {
    let streams = [("standard output", &captured.stdout), ("standard error", &captured.stderr)];
    let streams = streams.map(|(place, bytes)| (place.to_owned(), bytes.clone()));
    let places: Vec<(String, Vec<u8>)> = streams.into_iter().chain(posts.iter().map(posted)).collect();
    let leaks_at = |(place, bytes): &(String, Vec<u8>)| {
        let found = secrets.iter().filter(|secret| contains(bytes, secret));
        found.map(|secret| Leak { place: place.clone(), secret: secret.clone() }).collect::<Vec<_>>()
    };
    places.iter().flat_map(leaks_at).collect()
}

fn posted(post: &Post) -> (String, Vec<u8>) {
    let place = match &post.to {
        Posted::Response(id) => format!("response to {id}"),
        Posted::Error(id) => format!("error to {id}"),
        Posted::InitError => "init error".into(),
    };
    (place, [format!("{:?}\n", post.headers).into_bytes(), post.body.clone()].concat())
}

fn contains(bytes: &[u8], secret: &str) -> bool {
    !secret.is_empty() && bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}
