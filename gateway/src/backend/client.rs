//! Connections to Services: one pool per core, nothing shared, HTTP/1.1 on hyper's low-level connections.
//! Retries only what cannot have had an effect; how long a call may take is the caller's business.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    rc::Rc,
    time::Duration,
};

use http::{HeaderValue, Request, Uri, header};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustc_hash::FxHashMap;
use thiserror::Error;
use tokio::{net::TcpStream, time::Instant};

use super::{
    request::Outgoing,
    response::{Answer, AnswerBody, RequestBody},
};
use crate::registry::{objects::Host, plan::RequestPlan};

/// How long an idle connection is used again, unless its server says otherwise: Node closes after 5 s.
const IDLE: Duration = Duration::from_secs(4);
/// How long a connection lives, give or take a quarter, so that new pods of a Service get their share.
const LIFETIME_SECONDS: u64 = 60;
/// Idle connections kept per host and core.
const MAX_IDLE: usize = 256;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum BackendError {
    /// The host's name does not resolve.
    #[error("the name {host} does not resolve: {source}")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No connection.
    #[error("cannot connect to {host}: {source}")]
    Connect {
        /// Name or address.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke, or what came over it is not HTTP.
    #[error("{words}: {0}", words = broken(.0))]
    Broken(hyper::Error),
    /// Nothing complete in time.
    #[error("no complete answer within {}", humantime::format_duration(*.0))]
    Timeout(Duration),
    /// The answer is larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The gateway has to go before the answer came.
    #[error("the gateway is shutting down")]
    GoingDown,
}

impl BackendError {
    /// The label value of the metrics.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Resolve { .. } => "resolve",
            Self::Connect { .. } => "connect",
            Self::Broken(_) => "broken",
            Self::Timeout(_) => "timeout",
            Self::TooLarge(_) => "too_large",
            Self::GoingDown => "going_down",
        }
    }
}

fn broken(error: &hyper::Error) -> &'static str {
    if error.is_parse() {
        "what the service answered is not HTTP"
    } else {
        "the connection broke before the answer was complete"
    }
}

/// One core's connections.
#[derive(Debug)]
pub struct Client {
    idle: RefCell<FxHashMap<Host, Vec<Connection>>>,
    id_prefix: String,
    next_id: Cell<u64>,
}

/// An open connection that nobody is using, or that an answer still holds.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<RequestBody>,
    age: Age,
}

/// What decides whether a connection is used again.
#[derive(Clone, Copy, Debug)]
struct Age {
    /// When it is too old.
    ends: Instant,
    /// How long it may lie idle.
    keep_alive: Duration,
    idle_since: Instant,
}

impl Client {
    /// A client without connections.
    #[must_use]
    pub fn new() -> Rc<Self> {
        let id_prefix = random_id()[..16].to_owned();
        Rc::new(Self {
            idle: RefCell::default(),
            id_prefix,
            next_id: Cell::new(0),
        })
    }

    /// An id for one request, unique over all pods.
    #[must_use]
    pub fn request_id(&self) -> String {
        let next = self.next_id.get();
        self.next_id.set(next.wrapping_add(1));
        format!("{}{next:016x}", self.id_prefix)
    }

    /// Sends a request whose body is at hand and waits for the answer's head.
    ///
    /// # Errors
    /// Where no connection can be had, or it breaks.
    pub async fn send(
        self: &Rc<Self>,
        plan: &RequestPlan,
        outgoing: &Outgoing,
    ) -> Result<Answer, BackendError> {
        let mut connection = self.checkout(&plan.host).await;
        loop {
            let reused = connection.is_some();
            let mut open = match connection.take() {
                Some(open) => open,
                None => connect(&plan.host).await?,
            };
            let request = request(plan, outgoing, RequestBody::full(outgoing.body.clone()));
            match open.sender.try_send_request(request).await {
                Ok(response) => return Ok(self.answer(&plan.host, open, response)),
                // An idle connection that its server had closed: the request never left, or may leave twice.
                Err(error) if reused && (error.message().is_some() || plan.idempotent) => {}
                Err(error) => return Err(BackendError::Broken(error.into_error())),
            }
        }
    }

    /// Sends a request whose body is still arriving; it cannot be sent again.
    ///
    /// # Errors
    /// Where no connection can be had, or it breaks.
    pub async fn stream(
        self: &Rc<Self>,
        plan: &RequestPlan,
        outgoing: &Outgoing,
        body: RequestBody,
    ) -> Result<Answer, BackendError> {
        let idle = self.checkout(&plan.host).await;
        let reused = idle.is_some();
        let mut open = match idle {
            Some(open) => open,
            None => connect(&plan.host).await?,
        };
        // The answer may be complete before the body is, and the next call would wait for the rest of it.
        open.age.ends = Instant::now();
        let request = request(plan, outgoing, body);
        let unsent = match open.sender.try_send_request(request).await {
            Ok(response) => return Ok(self.answer(&plan.host, open, response)),
            Err(mut error) => match error.take_message() {
                Some(unsent) if reused => unsent,
                _ => return Err(BackendError::Broken(error.into_error())),
            },
        };
        let mut open = connect(&plan.host).await?;
        open.age.ends = Instant::now();
        let sent = open.sender.send_request(unsent).await;
        let response = sent.map_err(BackendError::Broken)?;
        Ok(self.answer(&plan.host, open, response))
    }

    /// Closes connections that have been idle for too long; called every few seconds.
    pub fn sweep(&self) {
        let now = Instant::now();
        self.idle.borrow_mut().retain(|_, connections| {
            connections.retain(|connection| connection.usable(now));
            !connections.is_empty()
        });
    }

    /// An idle connection that is still good.
    async fn checkout(&self, host: &Host) -> Option<Connection> {
        loop {
            let mut connection = self.idle.borrow_mut().get_mut(host)?.pop()?;
            // Its last answer has been read to the end, so it is ready as soon as its task has run.
            if connection.usable(Instant::now()) && connection.sender.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    fn answer(
        self: &Rc<Self>,
        host: &Host,
        mut open: Connection,
        response: http::Response<hyper::body::Incoming>,
    ) -> Answer {
        if let Some(keep_alive) = response
            .headers()
            .get("keep-alive")
            .and_then(keep_alive_timeout)
        {
            open.age.keep_alive = keep_alive;
        }
        let (head, body) = response.into_parts();
        let body = AnswerBody::new(body, Rc::clone(self), host.clone(), open);
        Answer {
            status: head.status,
            headers: head.headers,
            body,
        }
    }

    /// Takes back a connection whose answer was read to the end.
    pub(super) fn checkin(&self, host: Host, mut connection: Connection) {
        let now = Instant::now();
        connection.age.idle_since = now;
        if !connection.usable(now) {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        let connections = idle.entry(host).or_default();
        if connections.len() < MAX_IDLE {
            connections.push(connection);
        }
    }
}

impl Connection {
    fn usable(&self, now: Instant) -> bool {
        !self.sender.is_closed() && self.age.is_usable(now)
    }
}

impl Age {
    fn of_new(now: Instant, lifetime: Duration) -> Self {
        Self {
            ends: now + lifetime,
            keep_alive: IDLE,
            idle_since: now,
        }
    }

    fn is_usable(&self, now: Instant) -> bool {
        // Never a sum: the length comes from the server, and may be more than an instant can hold.
        now < self.ends && now.saturating_duration_since(self.idle_since) < self.keep_alive
    }
}

/// `Keep-Alive: timeout=N` (RFC 2068 §19.7.1), less a second for the way there.
fn keep_alive_timeout(value: &HeaderValue) -> Option<Duration> {
    let parameters = value.to_str().ok()?.split(',');
    let seconds = parameters
        .filter_map(|parameter| parameter.trim().strip_prefix("timeout="))
        .next()?;
    Some(Duration::from_secs(
        seconds.parse::<u64>().ok()?.saturating_sub(1),
    ))
}

async fn connect(host: &Host) -> Result<Connection, BackendError> {
    let (name, addresses): (String, Vec<SocketAddr>) = match host {
        Host::Address(address) => (address.to_string(), vec![*address]),
        Host::Name(name, port) => {
            let resolved = tokio::net::lookup_host((&**name, *port)).await;
            let addresses = resolved.map_err(|source| BackendError::Resolve {
                host: name.to_string(),
                source,
            })?;
            (format!("{name}:{port}"), addresses.collect())
        }
    };
    let failed = |source| BackendError::Connect {
        host: name.clone(),
        source,
    };
    let stream = TcpStream::connect(&addresses[..]).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let (sender, driver) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(BackendError::Broken)?;
    // Its end shows as a closed sender; there is nobody to tell a failure to that the call's own error does not reach.
    tokio::task::spawn_local(async move {
        let _closed = driver.await;
    });
    Ok(Connection {
        sender,
        age: Age::of_new(Instant::now(), lifetime()),
    })
}

/// 60 s, give or take a quarter.
fn lifetime() -> Duration {
    let mut byte = [128];
    // Without randomness all connections live equally long, which does no harm.
    let _filled = getrandom::fill(&mut byte);
    Duration::from_millis(LIFETIME_SECONDS * (750 + u64::from(byte[0]) * 500 / 255))
}

fn request(plan: &RequestPlan, outgoing: &Outgoing, body: RequestBody) -> Request<RequestBody> {
    let mut request = Request::new(body);
    *request.method_mut() = outgoing.method.clone();
    *request.uri_mut() = Uri::from(outgoing.path_and_query.clone());
    *request.headers_mut() = outgoing.headers.clone();
    if let Ok(authority) = HeaderValue::from_str(&plan.authority) {
        request.headers_mut().insert(header::HOST, authority);
    }
    request
}

/// 128 random bits as hexadecimal digits.
#[must_use]
pub fn random_id() -> String {
    let mut bytes = [0; 16];
    // The system's randomness does not fail once the machine has booted.
    let _filled = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
