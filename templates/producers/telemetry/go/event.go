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

// Event is a product event of the stream {{stream}}. Replace it by your own.
type Event struct {
	EventID string
	TS      time.Time
	UserID  string
	Project string
	Action  string
	Amount  float64
}

// Key keeps the events of one user in order: they go to one partition.
func (e Event) Key() []byte { return []byte(e.UserID) }

// ToJSON is one JSON object as UTF-8. It fails for what JSON or Freshet could not keep: NaN, text that is no UTF-8, no id.
func (e Event) ToJSON() ([]byte, error) {
	if e.EventID == "" {
		return nil, errors.New("an event needs its event_id")
	}
	for _, text := range []string{e.EventID, e.UserID, e.Project, e.Action} {
		if !utf8.ValidString(text) { // encoding/json would replace it in silence
			return nil, fmt.Errorf("%q is no UTF-8", text)
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		EventID string  `json:"event_id"`
		TS      string  `json:"ts"`
		UserID  string  `json:"user_id"`
		Project string  `json:"project"`
		Action  string  `json:"action"`
		Amount  float64 `json:"amount"`
	}{e.EventID, e.TS.UTC().Format("2006-01-02T15:04:05.000Z"), e.UserID, e.Project, e.Action, e.Amount})
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// MakeEvent is an example: somebody looks at things, puts some in the cart, buys few.
func MakeEvent() Event {
	action, amount := "view", 0.0
	switch chance := mathrand.IntN(100); {
	case chance >= 95:
		action, amount = "checkout", float64(1+mathrand.IntN(400))/4
	case chance >= 80:
		action = "cart"
	}
	projects := []string{"storefront", "billing", "search", "mobile"}
	return Event{
		EventID: newUUID(),
		TS:      time.Now(),
		UserID:  fmt.Sprintf("u-%d", mathrand.IntN(1000)),
		Project: projects[mathrand.IntN(len(projects))],
		Action:  action,
		Amount:  amount,
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
