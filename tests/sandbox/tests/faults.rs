//! Tests each fault with a real client.

mod client;

use std::time::{Duration, Instant};

use client::{builder, claims, client, jwt, preflight};
use sandbox::{AppKey, ClosedPort, Door, Endpoint, Proxy, Reply, Sandbox};

/// A timeout that is short enough for a test and long enough for a busy machine.
const SHORT: Duration = Duration::from_millis(500);

async fn scripted(reply: Reply) -> (Sandbox, reqwest::Result<reqwest::Response>) {
    let sandbox = Sandbox::start().await;
    sandbox.github.script(Endpoint::Installation, [reply]);
    let answer = preflight(&sandbox, &jwt(AppKey::first(), &claims())).timeout(SHORT).send().await;
    (sandbox, answer)
}

#[tokio::test]
async fn hanging_and_dripping_responses_time_out() {
    for reply in [Reply::hang(), Reply::good().dripping_head()] {
        let (_sandbox, answer) = scripted(reply.clone()).await;
        assert!(answer.unwrap_err().is_timeout(), "{reply:?}");
    }
    for reply in [Reply::good().hanging_after_head(), Reply::good().dripping_body()] {
        let (_sandbox, answer) = scripted(reply.clone()).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.bytes().await.unwrap_err().is_timeout(), "{reply:?}");
    }
}

#[tokio::test]
async fn resets_and_garbage_fail_immediately() {
    for reply in [Reply::reset(), Reply::garbage()] {
        let (_sandbox, answer) = scripted(reply.clone()).await;
        let failure = answer.unwrap_err();
        assert!(!failure.is_timeout() && failure.is_request(), "{reply:?}: {failure:?}");
    }
}

#[tokio::test]
async fn bytes_are_sent_unchanged() {
    let (_sandbox, answer) = scripted(Reply::bytes("HTTP/1.1 299 Own\r\ncontent-length: 2\r\n\r\nok")).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 299);
    assert_eq!(answer.bytes().await.unwrap(), "ok");
    let (_sandbox, answer) = scripted(Reply::bytes("")).await;
    assert!(!answer.unwrap_err().is_timeout(), "it closes the connection");
}

#[tokio::test]
async fn truncated_bodies_fail_after_the_head() {
    for reply in [Reply::good().truncated_length(), Reply::good().truncated_chunks()] {
        let (_sandbox, answer) = scripted(reply.clone()).await;
        let failure = answer.unwrap().bytes().await.unwrap_err();
        assert!(!failure.is_timeout(), "{reply:?}: {failure:?}");
    }
}

#[tokio::test]
async fn padded_bodies_have_their_length_and_are_json() {
    const BYTES: usize = 3 * 1024 * 1024;
    for (reply, length) in
        [(Reply::good().padded(BYTES), Some(BYTES as u64)), (Reply::good().padded_without_length(BYTES), None)]
    {
        let sandbox = Sandbox::start().await;
        sandbox.github.script(Endpoint::Installation, [reply]);
        let answer = preflight(&sandbox, &jwt(AppKey::first(), &claims())).send().await.unwrap();
        assert_eq!(answer.content_length(), length);
        let body = answer.bytes().await.unwrap();
        assert_eq!(body.len(), BYTES);
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
    }
}

#[tokio::test]
async fn delayed_replies_arrive_later() {
    let sandbox = Sandbox::start().await;
    sandbox.github.script(Endpoint::Installation, [Reply::good().after(SHORT)]);
    let before = Instant::now();
    preflight(&sandbox, &jwt(AppKey::first(), &claims())).send().await.unwrap();
    assert!(before.elapsed() >= SHORT);
}

#[tokio::test]
async fn doors_apply_to_connections_and_are_counted() {
    let sandbox = Sandbox::start().await;
    sandbox.github.set_doors([Door::Reset, Door::ForeignCertificate, Door::Silent, Door::Open]);
    let jwt = jwt(AppKey::first(), &claims());
    for _ in 0..3 {
        let failure = preflight(&sandbox, &jwt).timeout(SHORT).send().await.unwrap_err();
        assert!(failure.is_connect() || failure.is_timeout(), "{failure:?}");
    }
    assert_eq!(preflight(&sandbox, &jwt).send().await.unwrap().status(), 200);
    assert_eq!(sandbox.github.connections(), 4);
    assert_eq!(sandbox.github.calls(), [Endpoint::Installation]);
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let sandbox = Sandbox::start().await;
    let port = ClosedPort::reserve().unwrap();
    let failure = client(&sandbox.ca).get(port.url()).send().await.unwrap_err();
    assert!(failure.is_connect(), "{failure:?}");
}

#[tokio::test]
async fn the_proxy_tunnels_to_a_certificate_for_any_name() {
    let sandbox = Sandbox::start().await;
    let proxy = Proxy::start().await;
    proxy.map("github.example.test", sandbox.github.address());
    let through = reqwest::Proxy::https(proxy.url_with("user", "secret")).unwrap();
    let client = builder(&sandbox.ca).proxy(through).build().unwrap();
    assert_eq!(client.get("https://github.example.test/zen").send().await.unwrap().status(), 404);
    assert!(client.get("https://elsewhere.example.test/").send().await.is_err());
    let requests = proxy.requests();
    assert_eq!(requests[0].target, "github.example.test:443");
    assert_eq!(requests[0].authorization.as_deref(), Some("Basic dXNlcjpzZWNyZXQ="));
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn the_proxy_passes_resets_on() {
    let sandbox = Sandbox::start().await;
    let proxy = Proxy::start().await;
    proxy.map("github.example.test", sandbox.github.address());
    sandbox.github.set_doors([Door::Reset]);
    let client = builder(&sandbox.ca).proxy(reqwest::Proxy::https(proxy.url()).unwrap()).build().unwrap();
    let failure = client.get("https://github.example.test/").send().await.unwrap_err();
    assert!(format!("{failure:?}").contains("ConnectionReset"), "{failure:?}");
}

#[tokio::test]
async fn the_proxy_refuses_with_a_chosen_status() {
    let proxy = Proxy::start().await;
    proxy.refuse_with(407);
    let mut stream = tokio::net::TcpStream::connect(proxy.address()).await.unwrap();
    let request = b"CONNECT elsewhere.example.test:443 HTTP/1.1\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, request).await.unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 407 "), "{answer}");
}
