using Hooks.Lab.Races;
using Xunit;

namespace Hooks.LabTests.Races;

public class GdbStubTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Fact]
    public void Cpus_are_held_and_let_go_one_by_one()
    {
        using var there = new StubStandIn(heard => Usual(heard) ?? heard switch
        {
            "vCont;c:02" => "T05thread:02;",
            "p20" => "f86d0f08c0ffffff",
            _ => heard[0] is 'Z' or 'z' or 'H' ? "OK" : null,
        });
        using var stub = GdbStub.Connect(there.Path, Patience);
        stub.Break(0xffffffc0080f6df8);
        stub.Continue([1]);
        Assert.Equal(1, stub.Stopped(Patience));
        Assert.Equal(0xffffffc0080f6df8, stub.WhereIs(1));
        stub.Unbreak(0xffffffc0080f6df8);
        stub.Continue([0, 2]);
        Assert.Null(stub.Stopped(TimeSpan.FromMilliseconds(50)));
        Assert.Equal(["Z0,ffffffc0080f6df8,4", "vCont;c:02", "Hg02", "p20", "z0,ffffffc0080f6df8,4", "vCont;c:01;c:03"], there.Heard.Where(h => h is not "+" && !h.StartsWith('q')));
    }

    [Fact]
    public void A_packet_with_a_wrong_sum_is_asked_for_again()
    {
        var times = 0;
        using var there = new StubStandIn(heard => Usual(heard) ?? heard switch
        {
            "Z0,10,4" => ++times > 0 ? "$OK#00" : null,
            "-" => StubStandIn.Framed("OK"),
            _ => null,
        });
        using var stub = GdbStub.Connect(there.Path, Patience);
        stub.Break(0x10);
        Assert.Contains("-", there.Heard);
    }

    [Fact]
    public void All_are_stopped_by_an_interrupt()
    {
        using var there = new StubStandIn(heard => Usual(heard) ?? (heard == "^C" ? "T02thread:01;" : null));
        using var stub = GdbStub.Connect(there.Path, Patience);
        stub.ContinueAll();
        Assert.Null(stub.Interrupt());
        Assert.Equal(["vCont;c", "^C"], there.Heard.Where(h => h is not "+" && !h.StartsWith('q')));
    }

    /// <summary>A breakpoint that a CPU comes to while it is being stopped is no less one.</summary>
    [Fact]
    public void An_interrupt_that_comes_too_late_says_who_has_come_to_a_breakpoint()
    {
        using var there = new StubStandIn(heard => Usual(heard) ?? (heard == "^C" ? "T05thread:03;" : null));
        using var stub = GdbStub.Connect(there.Path, Patience);
        stub.ContinueAll();
        Assert.Equal(2, stub.Interrupt());
    }

    [Fact]
    public void What_is_refused_is_said()
    {
        using var there = new StubStandIn(heard => Usual(heard) ?? (heard[0] == 'Z' ? "E22" : null));
        using var stub = GdbStub.Connect(there.Path, Patience);
        Assert.Equal("'Z0,10,4' gave 'E22'", Assert.Throws<GdbStubException>(() => stub.Break(0x10)).Message);
    }

    [Fact]
    public void A_stub_that_cannot_hold_single_cpus_is_refused()
    {
        using var there = new StubStandIn(heard => heard[0] == 'q' ? "PacketSize=1000" : null);
        Assert.Contains("one by one", Assert.Throws<GdbStubException>(() => GdbStub.Connect(there.Path, Patience)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_stub_is_said() => Assert.StartsWith("no debugger's stub at /nowhere/gdb", Assert.Throws<GdbStubException>(() => GdbStub.Connect("/nowhere/gdb", TimeSpan.Zero)).Message, StringComparison.Ordinal);

    private static string? Usual(string heard) => heard.StartsWith("qSupported", StringComparison.Ordinal) ? "PacketSize=1000;vContSupported+;multiprocess+" : null;
}
