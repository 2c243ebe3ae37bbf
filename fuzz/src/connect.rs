//! The parameters of `connect` and the text a device signs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{ConnectParams, Protocol, SignatureVersion, device_payload};

fuzz_target!(|data: &[u8]| {
    let Ok(params) = serde_json::from_slice::<ConnectParams>(data) else {
        return;
    };
    if let Some(spoken) = Protocol::negotiate(params.min_protocol, params.max_protocol) {
        let spoken = spoken.number();
        assert!((params.min_protocol..=params.max_protocol).contains(&spoken));
    }
    let written = serde_json::to_vec(&params).expect("what was read can be written");
    let again: ConnectParams = serde_json::from_slice(&written).expect("and read again");
    for version in SignatureVersion::TRIED {
        let signed = device_payload(version, &params);
        assert_eq!(signed.is_some(), params.device.is_some());
        assert_eq!(signed, device_payload(version, &again));
    }
});
