// Package xz unpacks what xz has packed, as far as kernel modules are: streams of blocks with the filter LZMA2. The standard library has no such
// reader, and a kernel may not unpack them itself.
//
// The form is that of https://tukaani.org/xz/xz-file-format.txt. What is read is checked by the sums in it; the index at the end, which repeats
// what came, is not read.
package xz

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/crc64"
)

// ErrFormat says that bytes are not what xz writes.
var ErrFormat = errors.New("no xz stream")

// errShort says that there should be more.
var errShort = fmt.Errorf("%w: it is cut off", ErrFormat)

const (
	magic     = "\xfd7zXZ\x00"
	headerLen = 12

	checkNone  = 0x0
	checkCRC32 = 0x1
	checkCRC64 = 0x4

	filterLZMA2 = 0x21
)

// checkLens are how long a check is, by its kind.
var checkLens = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}

// Decode unpacks the first stream in b. More than limit bytes are an error.
func Decode(b []byte, limit int) ([]byte, error) {
	if len(b) < headerLen || string(b[:len(magic)]) != magic || b[6] != 0 || b[7] > 15 ||
		crc32.ChecksumIEEE(b[6:8]) != binary.LittleEndian.Uint32(b[8:]) {
		return nil, ErrFormat
	}
	check := b[7]
	var out []byte
	for at := headerLen; ; {
		if at >= len(b) {
			return nil, errShort
		}
		if b[at] == 0 {
			return out, nil // the index: there are no more blocks
		}
		n, err := blockHeader(b[at:])
		if err != nil {
			return nil, err
		}
		at += n
		d := decoder{in: b[at:], limit: limit - len(out)}
		if err := d.chunks(); err != nil {
			return nil, err
		}
		at += (d.at + 3) &^ 3
		end := at + checkLens[check]
		if end > len(b) {
			return nil, errShort
		}
		if !sums(check, b[at:end], d.out) {
			return nil, fmt.Errorf("%w: its check sum is another", ErrFormat)
		}
		at, out = end, append(out, d.out...)
	}
}

// sums says whether a check is that of what was unpacked. Those that modules do not have are taken for right.
func sums(check byte, sum, b []byte) bool {
	switch check {
	case checkNone:
		return true
	case checkCRC32:
		return binary.LittleEndian.Uint32(sum) == crc32.ChecksumIEEE(b)
	case checkCRC64:
		return binary.LittleEndian.Uint64(sum) == crc64.Checksum(b, crc64.MakeTable(crc64.ECMA))
	}
	return true
}

// blockHeader returns the length of the header of a block whose data are LZMA2 and nothing else.
func blockHeader(b []byte) (int, error) {
	n := (int(b[0]) + 1) * 4
	if n > len(b) {
		return 0, errShort
	}
	if crc32.ChecksumIEEE(b[:n-4]) != binary.LittleEndian.Uint32(b[n-4:]) {
		return 0, fmt.Errorf("%w: the check sum of a header is another", ErrFormat)
	}
	flags, rest := b[1], b[2:n-4]
	for _, sized := range []byte{0x40, 0x80} { // packed, unpacked
		if flags&sized == 0 {
			continue
		}
		_, used := binary.Uvarint(rest)
		if used <= 0 {
			return 0, ErrFormat
		}
		rest = rest[used:]
	}
	if flags&0x3f != 0 || len(rest) < 3 || rest[0] != filterLZMA2 {
		return 0, fmt.Errorf("%w that this understands: it wants other filters than LZMA2", ErrFormat)
	}
	return n, nil
}
