package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"
	"unicode/utf8"
)

// Event is a log event of the stream {{stream}}. Replace it by your own.
type Event struct {
	EventID    string
	TS         time.Time
	Service    string
	Level      string
	Message    string
	Host       string
	TraceID    string
	Status     uint16
	DurationMS float64
}

// Key keeps the events of one service in order: they go to one partition.
func (e Event) Key() []byte { return []byte(e.Service) }

// ToJSON is one JSON object as UTF-8. It fails for what JSON or Freshet could not keep: NaN, text that is no UTF-8, no id.
func (e Event) ToJSON() ([]byte, error) {
	if e.EventID == "" {
		return nil, errors.New("an event needs its event_id")
	}
	for _, text := range []string{e.EventID, e.Service, e.Level, e.Message, e.Host, e.TraceID} {
		if !utf8.ValidString(text) { // encoding/json would replace it in silence
			return nil, fmt.Errorf("%q is no UTF-8", text)
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		EventID    string  `json:"event_id"`
		TS         string  `json:"ts"`
		Service    string  `json:"service"`
		Level      string  `json:"level"`
		Message    string  `json:"message"`
		Host       string  `json:"host"`
		TraceID    string  `json:"trace_id"`
		Status     uint16  `json:"status"`
		DurationMS float64 `json:"duration_ms"`
	}{e.EventID, e.TS.UTC().Format("2006-01-02T15:04:05.000Z"), e.Service, e.Level, e.Message, e.Host, e.TraceID, e.Status,
		e.DurationMS})
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// MakeEvent is an example: services that mostly answer, and sometimes do not.
func MakeEvent() Event {
	level, message, status := "info", "request served", uint16(200)
	switch chance := mathrand.IntN(100); {
	case chance >= 97:
		level, message, status = "error", "upstream timed out", 502
	case chance >= 90:
		level = "warn"
	}
	services := []string{"gateway", "billing", "search", "mailer"}
	return Event{
		EventID:    newUUID(),
		TS:         time.Now(),
		Service:    services[mathrand.IntN(len(services))],
		Level:      level,
		Message:    message,
		Host:       fmt.Sprintf("web-%d", 1+mathrand.IntN(8)),
		TraceID:    fmt.Sprintf("%016x", mathrand.Uint64()),
		Status:     status,
		DurationMS: float64(1+mathrand.IntN(4000)) / 4,
	}
}

// newUUID is a random UUID (version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
