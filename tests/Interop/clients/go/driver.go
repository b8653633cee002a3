// Takes golang.org/x/crypto/ssh through the scenarios: driver SETTINGS SCENARIO prints one line of JSON.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

type settings struct {
	Proof, Host, User, Nobody, Key, Certificate, KnownHosts, HostAuthority, WrongHosts, Large, Small, RedisPassword string
	Agent, AgentCommand, RemoteCommand                                                                              string
	Port                                                                                                            int
}

type report map[string]any

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func (s settings) config() *ssh.ClientConfig {
	signer := must(ssh.ParsePrivateKey(must(os.ReadFile(s.Key))))
	// The algorithms must be those of the entries in the file of known hosts: Go looks at one key only.
	hosts, algorithms := s.KnownHosts, []string{ssh.KeyAlgoED25519}
	if s.Proof == "certificate" {
		public, _, _, _, err := ssh.ParseAuthorizedKey(must(os.ReadFile(s.Certificate)))
		check(err)
		signer = must(ssh.NewCertSigner(public.(*ssh.Certificate), signer))
		// What convinces it is the host certificate.
		hosts, algorithms = s.HostAuthority, []string{ssh.CertAlgoED25519v01}
	}
	return &ssh.ClientConfig{
		User: s.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: must(knownhosts.New(hosts)),
		HostKeyAlgorithms: algorithms,
	}
}

func (s settings) address() string { return fmt.Sprintf("%s:%d", s.Host, s.Port) }

func (s settings) connect() *ssh.Client { return must(ssh.Dial("tcp", s.address(), s.config())) }

func status(err error) (int, string) {
	var exit *ssh.ExitError
	switch {
	case err == nil:
		return 0, ""
	case errors.As(err, &exit):
		return exit.ExitStatus(), exit.Signal()
	}
	panic(err)
}

func run(client *ssh.Client, command string, input string, prepare func(*ssh.Session)) report {
	session := must(client.NewSession())
	defer session.Close()
	var out, err bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = strings.NewReader(input), &out, &err
	if prepare != nil {
		prepare(session)
	}
	code, signal := status(session.Run(command))
	return report{"status": code, "signal": signal, "stdout": out.String(), "stderr": err.String()}
}

func execute(s settings) report { return run(s.connect(), "echo out; echo err >&2; exit 7", "", nil) }

func signal(s settings) report { return run(s.connect(), "kill -TERM $$", "", nil) }

func sendSignal(s settings) report {
	session := must(s.connect().NewSession())
	out := must(session.StdoutPipe())
	check(session.Start("trap 'echo caught; exit 9' USR1; echo ready; while :; do sleep 0.05; done"))
	must(io.ReadFull(out, make([]byte, 6)))
	check(session.Signal(ssh.SIGUSR1))
	rest := must(io.ReadAll(out))
	code, _ := status(session.Wait())
	return report{"status": code, "stdout": string(rest), "stderr": ""}
}

func environment(s settings) report {
	return run(s.connect(), "echo $LANG", "", func(session *ssh.Session) { check(session.Setenv("LANG", "de_DE.UTF-8")) })
}

func terminal(s settings) report {
	session := must(s.connect().NewSession())
	in, out := must(session.StdinPipe()), must(session.StdoutPipe())
	check(session.RequestPty("xterm", 40, 100, ssh.TerminalModes{ssh.ECHO: 1}))
	check(session.Shell())
	seen := ""
	say := func(text string) { must(in.Write([]byte(text))) }
	wait := func(pattern string) string {
		expression := regexp.MustCompile(pattern)
		buffer := make([]byte, 4096)
		for {
			if match := expression.FindStringSubmatchIndex(seen); match != nil {
				group := ""
				if len(match) > 2 {
					group = seen[match[2]:match[3]]
				}
				seen = seen[match[1]:]
				return group
			}
			seen += string(buffer[:must(out.Read(buffer))])
		}
	}
	say("stty size; echo rea'dy'1\n")
	initial := wait(`(\d+ \d+)\s+ready1`)
	check(session.WindowChange(50, 120))
	say("until [ \"$(stty size)\" != '40 100' ]; do sleep 0.05; done; stty size; echo rea'dy'2\n")
	resized := wait(`(\d+ \d+)\s+ready2`)
	// The child says that it is there: a shell that is interrupted before it gave the terminal away would wait for it.
	say("sh -c 'echo start\"\"ed; exec sleep 300'\n")
	wait("started")
	say("\x03")
	wait(`\^C`)
	say("echo interrup'ted'=$?\n")
	interrupted := wait(`interrupted=(\d+)`)
	say("exit 5\n")
	must(io.ReadAll(out))
	code, _ := status(session.Wait())
	return report{"initial": initial, "resized": resized, "interrupted": json.RawMessage(interrupted), "status": code}
}

func echo(client *ssh.Client, path string) report {
	session := must(client.NewSession())
	file := must(os.Open(path))
	digest := sha256.New()
	session.Stdin, session.Stdout = file, digest
	code, _ := status(session.Run("cat"))
	return report{"status": code, "sha256": hex.EncodeToString(digest.Sum(nil))}
}

func transfer(s settings) report { return echo(s.connect(), s.Large) }

func rekey(s settings) report {
	config, exchanges := s.config(), 0
	known := config.HostKeyCallback
	// The host proves itself in every key exchange.
	config.HostKeyCallback = func(name string, address net.Addr, key ssh.PublicKey) error {
		exchanges++
		return known(name, address, key)
	}
	config.RekeyThreshold = 1 << 20
	result := echo(must(ssh.Dial("tcp", s.address(), config)), s.Small)
	result["rekeyed"] = exchanges - 1
	return result
}

func talk(client *ssh.Client, address, request string, count int) string {
	stream := must(client.Dial("tcp", address))
	defer stream.Close()
	must(stream.Write([]byte(request)))
	answer := make([]byte, count)
	must(io.ReadFull(stream, answer))
	return string(answer)
}

func tunnel(s settings) report {
	client := s.connect()
	database := talk(client, "database.internal:5432", "\x00\x00\x00\x08\x04\xd2\x16\x2f", 1)
	cache := talk(client, "cache.internal:6379", "AUTH "+s.RedisPassword+"\r\nPING\r\n", 12)
	_, err := client.Dial("tcp", s.address())
	return report{"database": database, "cache": cache, "refused": err != nil && strings.Contains(err.Error(), "PST-401"), "stderr": fmt.Sprint(err)}
}

func remote(s settings) report {
	client := s.connect()
	listener := must(client.Listen("tcp", "127.0.0.1:0"))
	go func() {
		stream := must(listener.Accept())
		line := must(bufio.NewReader(stream).ReadString('\n'))
		must(io.WriteString(stream, strings.ToUpper(line)))
		check(stream.Close())
	}()
	return run(client, fmt.Sprintf("%s %d", s.RemoteCommand, listener.Addr().(*net.TCPAddr).Port), "", nil)
}

func forwardAgent(s settings) report {
	client := s.connect()
	check(agent.ForwardToRemote(client, s.Agent))
	return run(client, s.AgentCommand, "", func(session *ssh.Session) { check(agent.RequestAgentForwarding(session)) })
}

func sessions(s settings) report {
	client := s.connect()
	results := make([]chan report, 3)
	for number := range results {
		results[number] = make(chan report)
		go func(number int) {
			results[number] <- run(client, fmt.Sprintf("read word; echo $word; exit %d", number+1), fmt.Sprintf("word%d\n", number+1), nil)
		}(number)
	}
	statuses, words := []any{}, []any{}
	for _, result := range results {
		seen := <-result
		statuses, words = append(statuses, seen["status"]), append(words, strings.TrimSpace(seen["stdout"].(string)))
	}
	return report{"connections": 1, "statuses": statuses, "words": words}
}

// The probe that OpenSSH sends; whatever the answer is, there must be one.
func keepAlive(s settings) report {
	client := s.connect()
	for i := 0; i < 3; i++ {
		_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
		check(err)
	}
	return run(client, "echo alive", "", nil)
}

func refusal(s settings) report {
	config, banner := s.config(), ""
	config.User = s.Nobody
	config.BannerCallback = func(message string) error { banner += message; return nil }
	_, err := ssh.Dial("tcp", s.address(), config)
	if err == nil {
		return report{"status": 0, "stderr": ""}
	}
	return report{"status": 1, "stdout": "", "stderr": banner + err.Error()}
}

func wrongHost(s settings) report {
	config := s.config()
	config.HostKeyCallback = must(knownhosts.New(s.WrongHosts))
	_, err := ssh.Dial("tcp", s.address(), config)
	if err == nil {
		return report{"status": 0, "stderr": ""}
	}
	return report{"status": 1, "stdout": "", "stderr": err.Error()}
}

func main() {
	var s settings
	check(json.Unmarshal(must(os.ReadFile(os.Args[1])), &s))
	scenarios := map[string]func(settings) report{
		"exec": execute, "signal": signal, "sendsignal": sendSignal, "environment": environment, "terminal": terminal, "transfer": transfer,
		"rekey": rekey, "tunnel": tunnel, "remote": remote, "agent": forwardAgent, "sessions": sessions, "keepalive": keepAlive, "refusal": refusal, "wronghost": wrongHost,
	}
	check(json.NewEncoder(os.Stdout).Encode(scenarios[os.Args[2]](s)))
}
