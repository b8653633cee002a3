#!/usr/bin/perl
# Takes libssh2 through the scenarios: its Perl binding Net::SSH2, and curl, which is built on it, for files.
use strict;
use warnings;

use Digest::SHA;
use Fcntl;
use JSON::PP;
use MIME::Base64;
use Net::SSH2;
use Time::HiRes 'time';

use constant PATIENCE => 60;

my $settings = decode_json(slurp($ARGV[0]));

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return <$file>;
}

# A connection whose host key was compared with the file of known hosts; dies with libssh2's words.
sub connect_as {
    my ($user, $hosts) = @_;
    my $ssh = Net::SSH2->new(timeout => PATIENCE * 1000);
    $ssh->connect($settings->{host}, $settings->{port}) or die 'connect: ' . join ' ', $ssh->error;
    # Its own policy 'strict' takes a host that is not in the file.
    $ssh->check_hostkey(sub { 0 }, $hosts) or die 'host key: ' . join ' ', $ssh->error;
    $ssh->auth_publickey($user, "$settings->{key}.pub", $settings->{key}) or die 'login: ' . join ' ', $ssh->error;
    return $ssh;
}

sub opened { return connect_as($settings->{user}, $settings->{knownHosts}) }

# Reads both streams of a channel without waiting in either, writing what is left of the input in between.
sub drain {
    my ($ssh, $channel, $input, $take) = @_;
    my ($sent, $is_ended, $until) = (0, 0, time + PATIENCE);
    $ssh->blocking(0);
    until ($channel->eof) {
        my $moved = 0;
        for my $stream (0, 1) {
            while (my $count = $channel->read(my $buffer, 65536, $stream)) {
                last if $count < 0;
                $take->($stream, $buffer);
                $moved = 1;
            }
        }
        if ($sent < length $input) {
            my $count = $channel->write(substr $input, $sent, 65536);
            if (defined $count && $count > 0) { $sent += $count; $moved = 1 }
        }
        elsif (!$is_ended) {
            $channel->send_eof;
            $is_ended = 1;
        }
        next if $moved;
        die 'nothing came for too long' if time > $until;
        select my $readable = fileno_set($ssh), undef, undef, 0.01;
    }
    $ssh->blocking(1);
    $channel->wait_closed;
}

sub fileno_set {
    my ($ssh) = @_;
    vec(my $set = '', fileno($ssh->sock), 1) = 1;
    return $set;
}

sub run {
    my ($ssh, $command, $input, %environment) = @_;
    my @text = ('', '');
    my $channel = $ssh->channel or die join ' ', $ssh->error;
    $channel->setenv(%environment) if %environment;
    $channel->exec($command) or die join ' ', $ssh->error;
    drain($ssh, $channel, $input // '', sub { $text[$_[0]] .= $_[1] });
    return { status => $channel->exit_status, signal => scalar $channel->exit_signal, stdout => $text[0], stderr => $text[1] };
}

sub terminal {
    my $ssh = opened();
    my $channel = $ssh->channel or die join ' ', $ssh->error;
    $channel->pty('xterm', undef, 100, 40) or die join ' ', $ssh->error;
    $channel->shell or die join ' ', $ssh->error;
    my $seen = '';
    my $wait_for = sub {
        my ($pattern) = @_;
        my $until = time + PATIENCE;
        $ssh->blocking(0);
        while (1) {
            if ($seen =~ $pattern) {
                my $group = $1;
                $seen = substr $seen, $+[0];
                $ssh->blocking(1);
                return $group;
            }
            my $count = $channel->read(my $buffer, 4096);
            if ($count && $count > 0) { $seen .= $buffer; next }
            die "$pattern did not come: $seen" if time > $until || $channel->eof;
            select my $readable = fileno_set($ssh), undef, undef, 0.05;
        }
    };
    my %report;
    $channel->write("stty size; echo rea'dy'1\n");
    $report{initial} = $wait_for->(qr/(\d+ \d+)\s+ready1/);
    $channel->pty_size(120, 50);
    $channel->write("until [ \"\$(stty size)\" != '40 100' ]; do sleep 0.05; done; stty size; echo rea'dy'2\n");
    $report{resized} = $wait_for->(qr/(\d+ \d+)\s+ready2/);
    # The child says that it is there: a shell that is interrupted before it gave the terminal away would wait for it.
    $channel->write("sh -c 'echo start\"\"ed; exec sleep 300'\n");
    $wait_for->(qr/(started)/);
    $channel->write("\x03");
    $wait_for->(qr/(\^C)/);
    $channel->write("echo interrup'ted'=\$?\n");
    $report{interrupted} = 0 + $wait_for->(qr/interrupted=(\d+)/);
    $channel->write("exit 5\n");
    drain($ssh, $channel, '', sub { });
    $report{status} = $channel->exit_status;
    return \%report;
}

sub transfer {
    my $ssh = opened();
    my $channel = $ssh->channel or die join ' ', $ssh->error;
    $channel->exec('cat') or die join ' ', $ssh->error;
    my $digest = Digest::SHA->new(256);
    drain($ssh, $channel, slurp($settings->{large}), sub { $digest->add($_[1]) });
    return { status => $channel->exit_status, sha256 => $digest->hexdigest };
}

sub files {
    my ($remote, $back) = ("var/$settings->{name}", "$settings->{folder}/back");
    my $ssh = opened();
    my $sftp = $ssh->sftp or die join ' ', $ssh->error;
    my $file = $sftp->open($remote, O_WRONLY() | O_CREAT() | O_TRUNC(), 0644) or die join ' ', $sftp->error;
    my $content = slurp($settings->{small});
    for (my $sent = 0; $sent < length $content;) {
        $sent += $file->write(substr $content, $sent, 1 << 20) || die join ' ', $sftp->error;
    }
    undef $file;
    $sftp->rename($remote, "$remote.moved") or die join ' ', $sftp->error;
    my $folder = $sftp->opendir('var') or die join ' ', $sftp->error;
    my @names;
    while (my $entry = $folder->read) { push @names, $entry->{name} }
    die 'not listed' unless grep { $_ eq "$settings->{name}.moved" } @names;
    my $digest = Digest::SHA->new(256);
    $file = $sftp->open("$remote.moved") or die join ' ', $sftp->error;
    while ($file->read(my $buffer, 1 << 17)) { $digest->add($buffer) }
    $sftp->unlink("$remote.moved") or die join ' ', $sftp->error;

    $ssh->scp_put($settings->{small}, $remote) or die join ' ', $ssh->error;
    $ssh->scp_get($remote, $back) or die join ' ', $ssh->error;

    my ($host_key) = slurp($settings->{knownHosts}) =~ / ecdsa-sha2-nistp256 (\S+)/;
    my @curl = ('curl', '-sS', '--key', $settings->{key}, '--pubkey', "$settings->{key}.pub", '--user', "$settings->{user}:",
        '--hostpubsha256', Digest::SHA::sha256_base64(decode_base64($host_key)));
    my $url = "sftp://$settings->{host}:$settings->{port}/app/$remote.curl";
    system(@curl, '-T', $settings->{small}, $url) == 0 or die 'curl could not upload';
    system(@curl, '-o', "${back}2", $url) == 0 or die 'curl could not download';
    return { sha256 => { sftp => $digest->hexdigest, map { $_->[0] => Digest::SHA->new(256)->addfile($_->[1])->hexdigest }
        ['scp', $back], ['curl', "${back}2"] } };
}

sub talk {
    my ($ssh, $host, $port, $request, $count) = @_;
    my $channel = $ssh->tcpip($host, $port) or return '';
    $channel->write($request);
    my $answer = '';
    while (length $answer < $count) {
        my $read = $channel->read(my $buffer, $count - length $answer);
        last unless $read && $read > 0;
        $answer .= $buffer;
    }
    return $answer;
}

sub tunnel {
    my $ssh = opened();
    my $database = talk($ssh, 'database.internal', 5432, pack('H*', '0000000804d2162f'), 1);
    my $cache = talk($ssh, 'cache.internal', 6379, "AUTH $settings->{redisPassword}\r\nPING\r\n", 12);
    my $refused = talk($ssh, '127.0.0.1', $settings->{port}, '', 1);
    return { database => $database, cache => $cache, refused => $refused eq '' ? JSON::PP::true : JSON::PP::false, stderr => join ' ', $ssh->error };
}

# The port is the server's choice. The command is served between the calls that wait for the connection over it.
sub remote {
    my $ssh = opened();
    my $bound;
    my $listener = $ssh->listen(0, '127.0.0.1', \$bound, 1) or die join ' ', $ssh->error;
    my $channel = $ssh->channel or die join ' ', $ssh->error;
    $channel->exec("$settings->{remoteCommand} $bound") or die join ' ', $ssh->error;
    my $stream = $listener->accept or die join ' ', $ssh->error;
    my $line = '';
    while ($line !~ /\n/) {
        $stream->read(my $buffer, 4096) or die join ' ', $ssh->error;
        $line .= $buffer;
    }
    $stream->write(uc $line);
    $stream->close;
    my @text = ('', '');
    drain($ssh, $channel, '', sub { $text[$_[0]] .= $_[1] });
    return { status => $channel->exit_status, stdout => $text[0], stderr => $text[1] };
}

# libssh2 serves its channels one call at a time: all three are open at once, then each is given its word.
sub sessions {
    my $ssh = opened();
    my @channels = map { my $c = $ssh->channel or die join ' ', $ssh->error; $c->exec("read word; echo \$word; exit $_"); $c } 1 .. 3;
    my (@words, @statuses);
    for my $number (reverse 1 .. 3) {
        my $word = '';
        drain($ssh, $channels[$number - 1], "word$number\n", sub { $word .= $_[1] });
        chomp $word;
        unshift @words, $word;
        unshift @statuses, $channels[$number - 1]->exit_status;
    }
    return { connections => 1, statuses => \@statuses, words => \@words };
}

sub keep_alive {
    my $ssh = opened();
    $ssh->keepalive_config(1, 1);
    for (1 .. 3) {
        $ssh->keepalive_send;
        select undef, undef, undef, 1.1;
    }
    return run($ssh, 'echo alive');
}

sub refused {
    my ($user, $hosts) = @_;
    return { status => 0, stderr => '' } if eval { connect_as($user, $hosts) };
    return { status => 1, stdout => '', stderr => "$@" };
}

my %scenarios = (
    exec => sub { run(opened(), 'echo out; echo err >&2; exit 7') },
    signal => sub { run(opened(), 'kill -TERM $$') },
    environment => sub { run(opened(), 'echo $LANG', '', LANG => 'de_DE.UTF-8') },
    terminal => \&terminal,
    transfer => \&transfer,
    files => \&files,
    tunnel => \&tunnel,
    remote => \&remote,
    sessions => \&sessions,
    keepalive => \&keep_alive,
    refusal => sub { refused($settings->{nobody}, $settings->{knownHosts}) },
    wronghost => sub { refused($settings->{user}, $settings->{wrongHosts}) },
);
print JSON::PP->new->canonical->encode($scenarios{$ARGV[1]}->()), "\n";
