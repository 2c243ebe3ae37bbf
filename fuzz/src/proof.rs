//! Proofs of device keys: whatever a stranger sends is judged and never panics, and only what the key
//! signed is believed.
//!
//! The input is the parameters of one `connect` or two. The first is signed with a key of ours; the
//! second is shown with the signature of the first.

#![no_main]

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD};
use libfuzzer_sys::fuzz_target;
use proof::{MAX_SKEW_MS, ProofFault, SPKI_PREFIX, check_device, device_id};
use protocol::{ConnectParams, DeviceProof, SignatureVersion, device_payload};
use std::sync::LazyLock;

/// The very file of the gateway, without the gateway around it.
#[expect(dead_code, reason = "the words of its errors are for the gateway")]
#[path = "../../crates/gateway/src/identity/proof.rs"]
mod proof;

static KEY: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("32 bytes are a seed"));

fuzz_target!(|data: &[u8]| {
    let mut texts = serde_json::Deserializer::from_slice(data).into_iter::<ConnectParams>();
    let Some(Ok(first)) = texts.next() else {
        return;
    };
    let second = texts.next().and_then(Result::ok);
    stranger(&first);
    for version in SignatureVersion::TRIED {
        let (signed, text) = sign(&first, version, data.len());
        let shown = second.as_ref().map_or_else(|| first.clone(), Clone::clone);
        believed(&signed, &text);
        shown_with(&signed, &text, shown);
    }
});

/// What came as it is, at the time and with the nonce it claims.
fn stranger(params: &ConnectParams) {
    let Some(proof) = &params.device else { return };
    let check = |proof: &DeviceProof, nonce: &str, now| check_device(params, proof, nonce, now);
    let nonce = proof.nonce.trim();
    if let Ok(key) = check(proof, nonce, proof.signed_at) {
        let raw = BASE64URL_NOPAD.decode(key.as_bytes());
        assert_eq!(raw.map(|raw| device_id(&raw)), Ok(proof.id.clone()));
    }
    for now in [i64::MIN, 0, i64::MAX] {
        let late = now.abs_diff(proof.signed_at) > MAX_SKEW_MS;
        assert!(!late || check(proof, nonce, now).is_err());
    }
    assert!(check(proof, &format!("{nonce}x"), proof.signed_at).is_err());
    // With the id that belongs to its key it comes as far as the key and the signature.
    let plain = proof.public_key.trim().trim_end_matches('=');
    let plain = plain.replace('+', "-").replace('/', "_");
    let Ok(raw) = BASE64URL_NOPAD.decode(plain.as_bytes()) else {
        return;
    };
    let mut own = proof.clone();
    own.id = device_id(&raw);
    let fault = check(&own, nonce, own.signed_at).err();
    let is_key = raw.len() == 32;
    match fault {
        Some(ProofFault::NonceMissing) => assert!(nonce.is_empty()),
        Some(ProofFault::Key) => assert!(!is_key),
        Some(ProofFault::Signature) | None => assert!(is_key),
        Some(other) => panic!("{other:?}"),
    }
}

/// The parameters with a proof of ours, in one of the spellings of a key, and the text that was signed.
fn sign(params: &ConnectParams, version: SignatureVersion, spelling: usize) -> (ConnectParams, String) {
    let raw = KEY.public_key().as_ref();
    let mut signed = params.clone();
    let claimed = signed.device.take().unwrap_or_default();
    let nonce = claimed.nonce.trim();
    signed.device = Some(DeviceProof {
        id: device_id(raw),
        public_key: match spelling % 4 {
            0 => BASE64.encode(raw),
            1 => BASE64URL.encode(raw),
            2 => BASE64URL_NOPAD.encode(raw),
            _ => pem(raw),
        },
        signature: String::new(),
        signed_at: claimed.signed_at,
        nonce: if nonce.is_empty() { "n" } else { nonce }.to_owned(),
    });
    let text = device_payload(version, &signed).expect("it has a device");
    let signature = BASE64URL_NOPAD.encode(KEY.sign(text.as_bytes()).as_ref());
    if let Some(proof) = &mut signed.device {
        proof.signature = signature;
    }
    (signed, text)
}

fn pem(raw: &[u8]) -> String {
    let der = BASE64.encode(&[&SPKI_PREFIX, raw].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n")
}

/// Our own proof is believed, once and for a while.
fn believed(signed: &ConnectParams, text: &str) {
    let Some(proof) = &signed.device else { return };
    let now = proof.signed_at;
    let key = BASE64URL_NOPAD.encode(KEY.public_key().as_ref());
    assert_eq!(check_device(signed, proof, &proof.nonce, now), Ok(key), "{text}");
    let fault = check_device(signed, proof, "another", now).err();
    assert_eq!(fault.is_none(), proof.nonce == "another");
    let late = i64::try_from(MAX_SKEW_MS).ok().and_then(|skew| now.checked_add(skew + 1));
    if let Some(late) = late {
        let fault = check_device(signed, proof, &proof.nonce, late);
        assert_eq!(fault, Err(ProofFault::Stale));
    }
}

/// Other parameters are believed with this proof only when they are the signed ones.
fn shown_with(signed: &ConnectParams, text: &str, mut shown: ConnectParams) {
    shown.device.clone_from(&signed.device);
    let Some(proof) = &shown.device else { return };
    let mut versions = SignatureVersion::TRIED.into_iter();
    let is_signed = versions.any(|it| device_payload(it, &shown).is_some_and(|it| it == text));
    let fault = check_device(&shown, proof, &proof.nonce, proof.signed_at).err();
    let expected = (!is_signed).then_some(ProofFault::Signature);
    assert_eq!(fault, expected, "{text}");
}
