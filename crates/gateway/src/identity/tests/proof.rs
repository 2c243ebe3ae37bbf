use super::*;
use crate::identity::{ProofFault, check_device};
use data_encoding::BASE64;
use proptest::prelude::*;

const NOW: i64 = 1_800_000_000_000;

fn asking() -> ConnectParams {
    let mut params = client("openclaw-tui", "ui", &["operator.read", "operator.write"]);
    params.auth = token(TOKEN);
    params
}

fn check(params: &ConnectParams) -> Result<String, ProofFault> {
    check_device(params, params.device.as_ref().unwrap(), NONCE, NOW)
}

fn with(change: impl FnOnce(&mut DeviceProof)) -> Result<String, ProofFault> {
    let mut params = Phone::new().sign(&asking(), UnixMillis(NOW));
    change(params.device.as_mut().unwrap());
    check(&params)
}

#[test]
fn the_clock_may_be_two_minutes_off() {
    let phone = Phone::new();
    for (off, expected) in [
        (0, None),
        (120_000, None),
        (-120_000, None),
        (120_001, Some(ProofFault::Stale)),
        (-120_001, Some(ProofFault::Stale)),
        (i64::MAX - NOW, Some(ProofFault::Stale)),
        (i64::MIN, Some(ProofFault::Stale)),
    ] {
        let at = NOW.saturating_add(off);
        let params = phone.sign_as(&asking(), at, NONCE, SignatureVersion::V3);
        assert_eq!(check(&params).err(), expected, "{off}");
    }
}

#[test]
fn every_spelling_of_key_and_signature_is_read() {
    let phone = Phone::new();
    let signed = phone.sign(&asking(), UnixMillis(NOW));
    let key = phone.0.public_key().as_ref().to_vec();
    let mut spki = vec![
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    spki.extend(&key);
    let body = BASE64.encode(&spki);
    for spelled in [
        BASE64.encode(&key),
        data_encoding::BASE64URL.encode(&key),
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"),
    ] {
        let mut params = signed.clone();
        let proof = params.device.as_mut().unwrap();
        let signature = BASE64URL_NOPAD.decode(proof.signature.as_bytes()).unwrap();
        proof.signature = BASE64.encode(&signature);
        proof.public_key = spelled;
        assert_eq!(check(&params), Ok(BASE64URL_NOPAD.encode(&key)));
    }
    let second = phone.sign_as(&asking(), NOW, NONCE, SignatureVersion::V2);
    assert!(check(&second).is_ok());
}

#[test]
fn faults_come_in_the_order_of_the_protocol() {
    let other = Phone::new();
    assert_eq!(with(|it| it.id = other.id()), Err(ProofFault::IdMismatch));
    assert_eq!(
        with(|it| it.id = it.id.to_uppercase()),
        Err(ProofFault::IdMismatch)
    );
    assert_eq!(
        with(|it| it.public_key = "?".into()),
        Err(ProofFault::IdMismatch)
    );
    assert_eq!(
        with(|it| it.public_key.clear()),
        Err(ProofFault::IdMismatch)
    );
    assert_eq!(
        with(|it| it.nonce = "  ".into()),
        Err(ProofFault::NonceMissing)
    );
    assert_eq!(
        with(|it| it.nonce = "x".into()),
        Err(ProofFault::NonceMismatch)
    );
    assert_eq!(with(|it| it.signature.clear()), Err(ProofFault::Signature));
    let short = |it: &mut DeviceProof| {
        it.public_key = BASE64URL_NOPAD.encode(b"short");
        it.id = device_id(b"short");
    };
    assert_eq!(with(short), Err(ProofFault::Key));
    let (message, code, reason) = ProofFault::NonceMissing.words();
    assert_eq!(message, "device nonce required");
    assert_eq!(
        (code, reason),
        ("DEVICE_AUTH_NONCE_REQUIRED", "device-nonce-missing")
    );
}

#[test]
fn the_oldest_payload_is_refused() {
    let phone = Phone::new();
    let mut params = phone.sign(&asking(), UnixMillis(NOW));
    let proof = params.device.as_mut().unwrap();
    let old = format!(
        "v1|{}|openclaw-tui|ui|operator|operator.read,operator.write|{NOW}|{TOKEN}",
        proof.id
    );
    proof.signature = BASE64URL_NOPAD.encode(phone.0.sign(old.as_bytes()).as_ref());
    assert_eq!(check(&params), Err(ProofFault::Signature));
}

type Change = fn(&mut ConnectParams);

#[test]
fn everything_that_is_signed_counts() {
    let signed = Phone::new().sign(&asking(), UnixMillis(NOW));
    let changes: [Change; 7] = [
        |it| it.client.id.push('x'),
        |it| it.client.mode.push('x'),
        |it| it.role = Some("node".into()),
        |it| it.scopes = Some(vec!["operator.admin".into()]),
        |it| it.auth = token("other"),
        |it| it.client.platform = "darwin".into(),
        |it| it.client.device_family = None,
    ];
    for change in changes {
        let mut params = signed.clone();
        change(&mut params);
        assert_eq!(check(&params), Err(ProofFault::Signature));
    }
    let mut same = signed;
    same.client.platform = " LINUX ".into();
    assert!(check(&same).is_ok());
}

proptest! {
    #[test]
    fn a_flipped_bit_of_the_signature_fails(byte in 0_usize..64, bit in 0_u32..8) {
        let result = with(|it| {
            let mut bytes = BASE64URL_NOPAD.decode(it.signature.as_bytes()).unwrap();
            bytes[byte] ^= 1 << bit;
            it.signature = BASE64URL_NOPAD.encode(&bytes);
        });
        prop_assert_eq!(result, Err(ProofFault::Signature));
    }

    #[test]
    fn a_flipped_bit_of_the_key_fails(byte in 0_usize..32, bit in 0_u32..8, fix_id: bool) {
        let result = with(|it| {
            let mut bytes = BASE64URL_NOPAD.decode(it.public_key.as_bytes()).unwrap();
            bytes[byte] ^= 1 << bit;
            it.public_key = BASE64URL_NOPAD.encode(&bytes);
            if fix_id {
                it.id = device_id(&bytes);
            }
        });
        let expected = if fix_id { ProofFault::Signature } else { ProofFault::IdMismatch };
        prop_assert_eq!(result, Err(expected));
    }

    #[test]
    fn nothing_a_stranger_sends_proves_anything(
        id in ".{0,80}", public_key in ".{0,80}", signature in ".{0,120}", signed_at: i64, nonce in ".{0,40}",
    ) {
        let mut params = asking();
        params.device = Some(DeviceProof { id, public_key, signature, signed_at, nonce });
        prop_assert!(check(&params).is_err());
    }
}
