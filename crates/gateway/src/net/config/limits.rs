//! `gateway.limits`: bounds on what strangers can make the gateway hold or wait for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `gateway.limits`
///
/// Every value can be lowered, and raised up to its maximum; a change waits for a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LimitsSettings {
    /// Open connections in total; who comes when all are taken waits for a place. 4,096 by default.
    /// Each is an open file, of which the gateway asks the system for up to 65,536.
    #[schemars(range(min = 1, max = 16384))]
    pub max_connections: u32,
    /// Open connections per client address. 256 by default. Trusted proxies are not counted.
    #[schemars(range(min = 1, max = 16384))]
    pub max_connections_per_ip: u32,
    /// Milliseconds to finish the headers of a request. 10,000 by default.
    #[schemars(range(min = 100, max = 30_000))]
    pub header_timeout_ms: u64,
    /// Milliseconds a connection may idle between requests. 5,000 by default.
    #[schemars(range(min = 100, max = 60_000))]
    pub keep_alive_ms: u64,
    /// Requests on one connection before it is closed. 1,000 by default.
    #[schemars(range(min = 1, max = 100_000))]
    pub max_requests_per_connection: u64,
    /// Bytes of the request line. 8,192 by default.
    #[schemars(range(min = 256, max = 65536))]
    pub request_line_bytes: usize,
    /// Bytes of one header. 8,192 by default.
    #[schemars(range(min = 256, max = 65536))]
    pub header_bytes: usize,
    /// Bytes of all headers together. 16,384 by default.
    #[schemars(range(min = 1024, max = 65536))]
    pub headers_bytes: usize,
    /// Number of headers. 100 by default.
    #[schemars(range(min = 8, max = 100))]
    pub header_count: usize,
    /// Milliseconds until the first byte of a body. 10,000 by default.
    #[schemars(range(min = 100, max = 120_000))]
    pub body_first_byte_ms: u64,
    /// Milliseconds until the last byte of a body. 30,000 by default.
    #[schemars(range(min = 100, max = 120_000))]
    pub body_total_ms: u64,
    /// Bytes a second a body must bring, over any five seconds. 1,024 by default.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub body_min_bytes_per_second: u64,
    /// Bodies being read at once in total. 128 by default.
    #[schemars(range(min = 1, max = 512))]
    pub max_bodies: u32,
    /// Bodies being read at once per client address. 8 by default.
    #[schemars(range(min = 1, max = 512))]
    pub max_bodies_per_ip: u32,
    /// Milliseconds a client may leave an answer unread before it is cut off. 30,000 by default.
    #[schemars(range(min = 100, max = 120_000))]
    pub write_stall_ms: u64,
}

impl Default for LimitsSettings {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_connections_per_ip: 256,
            header_timeout_ms: 10_000,
            keep_alive_ms: 5_000,
            max_requests_per_connection: 1000,
            request_line_bytes: 8192,
            header_bytes: 8192,
            headers_bytes: 16_384,
            header_count: 100,
            body_first_byte_ms: 10_000,
            body_total_ms: 30_000,
            body_min_bytes_per_second: 1024,
            max_bodies: 128,
            max_bodies_per_ip: 8,
            write_stall_ms: 30_000,
        }
    }
}

impl LimitsSettings {
    /// Name, value, least and most of every limit.
    pub(in crate::net) fn ranges(&self) -> [(&'static str, u64, u64, u64); 15] {
        let size = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        [
            ("maxConnections", self.max_connections.into(), 1, 16_384),
            (
                "maxConnectionsPerIp",
                self.max_connections_per_ip.into(),
                1,
                16_384,
            ),
            ("headerTimeoutMs", self.header_timeout_ms, 100, 30_000),
            ("keepAliveMs", self.keep_alive_ms, 100, 60_000),
            (
                "maxRequestsPerConnection",
                self.max_requests_per_connection,
                1,
                100_000,
            ),
            (
                "requestLineBytes",
                size(self.request_line_bytes),
                256,
                65_536,
            ),
            ("headerBytes", size(self.header_bytes), 256, 65_536),
            ("headersBytes", size(self.headers_bytes), 1024, 65_536),
            ("headerCount", size(self.header_count), 8, 100),
            ("bodyFirstByteMs", self.body_first_byte_ms, 100, 120_000),
            ("bodyTotalMs", self.body_total_ms, 100, 120_000),
            (
                "bodyMinBytesPerSecond",
                self.body_min_bytes_per_second,
                1,
                1_048_576,
            ),
            ("maxBodies", self.max_bodies.into(), 1, 512),
            ("maxBodiesPerIp", self.max_bodies_per_ip.into(), 1, 512),
            ("writeStallMs", self.write_stall_ms, 100, 120_000),
        ]
    }
}
