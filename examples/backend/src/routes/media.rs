//! `/api/text`, `/api/image`, `/api/audio`: the smallest valid content of each kind.

pub(super) const TEXT: &str = "Plain text, in two lines.\nThis is the second.\n";

/// A chequered square of eight by eight pixels.
pub(super) const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x08, 0x01, 0x00, 0x00, 0x00, 0x00, 0xec, 0x74, 0x83,
    0x26, 0x00, 0x00, 0x00, 0x0e, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x08, 0x65, 0x58, 0xc5,
    0x80, 0x84, 0x01, 0x1e, 0x9c, 0x03, 0xfd, 0x70, 0x15, 0xc9, 0x90, 0x00, 0x00, 0x00, 0x00, 0x49,
    0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// A tenth of a second of a tone: 8-bit samples, one channel, 8,000 a second.
pub(super) fn wav() -> Vec<u8> {
    const RATE: u32 = 8_000;
    const SAMPLES: u32 = RATE / 10;
    let mut file = Vec::with_capacity(44 + SAMPLES as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + SAMPLES).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&8_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&SAMPLES.to_le_bytes());
    // A square wave of 400 Hz.
    file.extend((0..SAMPLES).map(|sample| if sample % 20 < 10 { 0x60 } else { 0xa0 }));
    file
}
