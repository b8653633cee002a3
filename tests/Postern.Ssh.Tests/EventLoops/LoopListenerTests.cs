using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.EventLoops;

/// <summary>Nobody who knocks is forgotten, and nobody is let in behind the end.</summary>
public sealed class LoopListenerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly EventLoop _loop = EventLoopGroup.Shared.Take();
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentQueue<Socket> _accepted = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly SemaphoreSlim _arrivals = new(0);

    public LoopListenerTests()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Listen(256);
    }

    private EndPoint Address => _socket.LocalEndPoint!;

    public void Dispose()
    {
        foreach (var accepted in _accepted)
        {
            accepted.Dispose();
        }

        _socket.Dispose();
        _arrivals.Dispose();
    }

    // Some waited before there was a listener, and more than it takes in one turn.
    [Fact]
    public async Task Everybody_IsAccepted_OnTheLoop()
    {
        var clients = await ConnectAsync(100);
        var isOnLoop = true;
        await using var listener = Listen(socket =>
        {
            isOnLoop &= _loop.IsCurrent;
            _accepted.Enqueue(socket);
            _arrivals.Release();
        });
        for (var round = 0; round < 20; round++)
        {
            clients.AddRange(await ConnectAsync(1));
        }

        for (var i = 0; i < clients.Count; i++)
        {
            Assert.True(await _arrivals.WaitAsync(Patience));
        }

        Assert.True(isOnLoop);
        Assert.Empty(_failures);
        Assert.Equal(
            clients.Select(client => client.LocalEndPoint!.ToString()).Order(),
            _accepted.Select(accepted => accepted.RemoteEndPoint!.ToString()).Order());
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task WhatFails_IsTold_AndTheNextOneIsAccepted()
    {
        var isFirst = true;
        await using var listener = Listen(socket =>
        {
            _accepted.Enqueue(socket);
            _arrivals.Release();
            if (isFirst)
            {
                isFirst = false;
                throw new InvalidOperationException("no");
            }
        });
        var clients = await ConnectAsync(2);
        Assert.True(await _arrivals.WaitAsync(Patience));
        Assert.True(await _arrivals.WaitAsync(Patience));
        Assert.IsType<InvalidOperationException>(Assert.Single(_failures));
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Disposed_AcceptsNobodyMore()
    {
        var listener = Listen(_accepted.Enqueue);
        var address = Address;
        var clients = await ConnectAsync(10);
        await Task.WhenAll(listener.DisposeAsync().AsTask(), listener.DisposeAsync().AsTask()).WaitAsync(Patience);
        var count = _accepted.Count;
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await late.ConnectAsync(address));
        await listener.DisposeAsync();
        Assert.Equal(count, _accepted.Count);
        Assert.Empty(_failures);
        clients.ForEach(client => client.Dispose());
    }

    // As when there are no more descriptors: it tries again after a rest, without a new arrival.
    [Fact]
    public async Task Failure_OfAccepting_IsFollowedByARestAndAnotherTry()
    {
        var time = new FakeTimeProvider();
        var rested = new SemaphoreSlim(0);
        await using var listener = new LoopListener(
            _loop,
            _socket,
            socket =>
            {
                _accepted.Enqueue(socket);
                _arrivals.Release();
                if (_accepted.Count == 1)
                {
                    throw new SocketException((int)SocketError.TooManyOpenSockets);
                }
            },
            exception =>
            {
                _failures.Enqueue(exception);
                rested.Release();
            },
            time);
        var clients = await ConnectAsync(2);
        Assert.True(await rested.WaitAsync(Patience));
        Assert.Single(_accepted);
        while (_accepted.Count < 2)
        {
            time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Yield();
        }

        Assert.Single(_failures);
        clients.ForEach(client => client.Dispose());
        rested.Dispose();
    }

    private LoopListener Listen(Action<Socket> accepted) =>
        new(_loop, _socket, accepted, _failures.Enqueue, TimeProvider.System);

    private async Task<List<Socket>> ConnectAsync(int count)
    {
        var clients = new List<Socket>();
        for (var i = 0; i < count; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(Address);
            clients.Add(client);
        }

        return clients;
    }
}
