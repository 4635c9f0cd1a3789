package vnet

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"dewpoint/internal/host/link"
	"dewpoint/internal/host/nft"
	"dewpoint/internal/model/network"
)

// echo answers TCP and UDP at a port of a namespace by what it is sent.
func echo(t *testing.T, ns, address string) {
	t.Helper()
	var stream net.Listener
	var datagrams net.PacketConn
	if err := link.In(ns, func() (err error) {
		if stream, err = net.Listen("tcp4", address); err == nil {
			datagrams, err = net.ListenPacket("udp4", address)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	done, accepted := make(chan struct{}, 2), make(chan net.Conn, 1)
	go func() {
		defer close(accepted)
		if conn, err := stream.Accept(); err == nil {
			accepted <- conn
			_, _ = io.Copy(conn, conn)
		}
		done <- struct{}{}
	}()
	go func() {
		buffer := make([]byte, 64)
		for {
			n, from, err := datagrams.ReadFrom(buffer)
			if err != nil {
				break
			}
			_, _ = datagrams.WriteTo(buffer[:n], from)
		}
		done <- struct{}{}
	}()
	t.Cleanup(func() {
		stream.Close()
		datagrams.Close()
		if conn := <-accepted; conn != nil { // what says that the other end is closed may be dropped
			conn.Close()
		}
		<-done
		<-done
	})
}

// TestAThousandRulesUnderATransfer applies rules while datagrams and a stream go through the router. Each datagram is sent once and must be answered: one
// that is lost ends the test.
func TestAThousandRulesUnderATransfer(t *testing.T) {
	t.Parallel()
	plain := with(usual(1), func(v *Vnet) { v.Network, v.Router, v.DHCP = prefix("10.79.0.0/24"), addr("10.79.0.1"), false })
	h := newReal(t, plain)
	h.pass(t)
	c := h.join(t, 1)
	transit := h.observe(t).Vnets[1].Wan.Address
	address := transit.Addr().String() + ":7002"
	echo(t, "", address)
	var stream, datagrams net.Conn
	if err := link.In(c.ns, func() (err error) {
		if err := link.EnsureAddress("eth0", prefix("10.79.0.7/24")); err != nil {
			return err
		}
		if err := link.EnsureDefaultRoute("eth0", addr("10.79.0.1")); err != nil {
			return err
		}
		if stream, err = net.Dial("tcp4", address); err == nil {
			datagrams, err = net.Dial("udp4", address)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stream.Close(); datagrams.Close() })
	stop, ended := make(chan struct{}), make(chan error, 2)
	sent := make(chan int, 1<<20)
	for _, conn := range []net.Conn{stream, datagrams} {
		go func() { ended <- pingPong(conn, stop, sent) }()
	}
	for round := range 3 {
		rows := make([]network.VnetRule, 1000)
		for i := range rows {
			rows[i] = row(func(r *network.VnetRule) {
				r.Key, r.Orderid, r.Direction, r.Protocol, r.Statistics = int64(i+1), int64(i), "outgoing", "tcpudp", i%2 == 0
				r.Action, r.DestinationIP, r.DestinationPorts = "drop", fmt.Sprintf("192.0.2.%d", i%256), decimal(int64(1000*round+i+1))
			})
		}
		rows[999].DestinationIP, rows[999].DestinationPorts = "", "7002" // what is open is of a kind that is now forbidden
		h.rows.want = []Vnet{ruled(t, plain, rows...)}
		h.pass(t)
		for range 4 { // and it goes on under these
			select {
			case <-sent:
			case err := <-ended:
				t.Fatalf("after %d applies it ended: %v", round+1, err)
			}
		}
		for len(sent) > 0 {
			<-sent
		}
	}
	close(stop)
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if got := attempt(t, c.ns, "tcp4", address); got != "silence" {
		t.Errorf("a connection of the same kind, opened now, gets %s", got)
	}
	if n := len(h.rows.want[0].Rules[nft.Opening]); n != 1000 {
		t.Errorf("%d rules were applied", n)
	}
}

// pingPong sends numbers and wants each back, until it is stopped.
func pingPong(conn net.Conn, stop chan struct{}, sent chan int) error {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return nil
		default:
		}
		text := fmt.Sprintf("%08d", i)
		if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			return err
		}
		if _, err := conn.Write([]byte(text)); err != nil {
			return fmt.Errorf("number %d: %w", i, err)
		}
		back := make([]byte, len(text))
		if _, err := io.ReadFull(conn, back); err != nil || string(back) != text {
			return fmt.Errorf("number %d came back as %q: %w", i, back, err)
		}
		select {
		case sent <- i:
		default:
		}
	}
}
