using System.Diagnostics;
using System.Runtime.Versioning;
using Hooks.Arch.Arm64;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using Hooks.Lab;
using Xunit;

namespace Hooks.LabTests;

/// <summary>What can go wrong with a guest: each gives one clear message, and nothing that was found is lost.</summary>
[SupportedOSPlatform("linux")]
public class GuestTests
{
    [Fact]
    public void Answers_come_back_in_order()
    {
        using var lab = new FakeLab("""case $line in *read*) echo "ok v=${#line}"; continue ;; esac""");
        using var session = lab.Session();
        var runs = session.Run([Program("P0 map a"), Program("P0 map a", "P0 map b")]);
        Assert.All(runs, r => Assert.Null(r.Failure));
        Assert.Equal(runs[0].Program.Operations.Length, runs[0].Answers.Count);
        Assert.Equal("P0 map a, P0 map b, P0 read a, P0 readtag a, P0 read b, P0 readtag b", string.Join(", ", runs[1].Program.Lines));
        Assert.Equal([null, null, 9, 12, 9, 12], runs[1].Answers.Select(a => a.Value));
        Assert.Equal(1, session.Boots);
    }

    [Fact]
    public void A_kernel_that_comes_to_a_bug_is_shown_from_there_on_without_its_registers()
    {
        using var lab = new FakeLab("""case $line in *"map c"*) printf '%s\n' "[    1.5] kernel BUG at mm/memory.c:5092!" "[    1.5] x29: ffffffc080813c40 x28: fffffffec07d1800" "[    1.6] Kernel panic - not syncing: Oops - BUG" >> "$console"; exit 1 ;; esac""");
        using var session = lab.Session();
        var failure = session.Run([Program("P0 map c")])[0].Failure!;
        Assert.Equal("kernel BUG at mm/memory.c:5092", failure.Bug);
        Assert.Equal("the guest has come to a kernel BUG at mm/memory.c:5092", failure.Message);
        Assert.Equal(["[    1.5] kernel BUG at mm/memory.c:5092!", "[    1.6] Kernel panic - not syncing: Oops - BUG"], failure.Console);
    }

    [Theory]
    [InlineData("exit 1", "died")]
    [InlineData("kill -9 $$", "died")]
    [InlineData("sleep 60", "gave no answer for 2 s")]
    [InlineData("""echo "[    1.5] Kernel panic - not syncing: Oops" >> "$console"; exit 1""", "panicked: Kernel panic - not syncing: Oops")]
    public void A_guest_that_does_not_survive_a_case_is_booted_anew_for_the_next(string harm, string says)
    {
        using var lab = new FakeLab($"""case $line in *"map c"*) {harm} ;; esac""");
        using var session = lab.Session();
        var runs = session.Run([Program("P0 map a"), Program("P0 map b", "P0 map c", "P0 map d"), Program("P0 map d")]);
        Assert.Equal(3, runs.Count);
        Assert.Null(runs[0].Failure);
        Assert.Contains(says, runs[1].Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("booting", runs[1].Failure!.Console);
        Assert.Single(runs[1].Answers);
        Assert.Null(runs[2].Failure);
        Assert.Equal(2, session.Boots);
    }

    [Fact]
    public void Nothing_is_left_running()
    {
        using var lab = new FakeLab();
        int pid;
        using (var session = lab.Session())
        {
            session.Boot();
            pid = session.ProcessId;
            Assert.True(Directory.Exists($"/proc/{pid}"));
        }

        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    public void What_a_killed_run_has_left_is_cleared_away_by_the_next()
    {
        using var lab = new FakeLab();
        var left = Path.Combine(lab.Folder.Path, "run", "1-0");
        Directory.CreateDirectory(left);
        File.WriteAllText(Path.Combine(left, "disk-0-0.img"), "");
        using var qemu = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", "sleep 60; true", Path.Combine(left, "disk-0-0.img")]))!;
        using var other = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", "sleep 60; true", "somebody else's"]))!;
        File.WriteAllText(Path.Combine(left, $"{qemu.Id}.pid"), "");
        File.WriteAllText(Path.Combine(left, $"{other.Id}.pid"), "");
        using var next = RunFolder.Create(lab.Folder);
        Assert.True(qemu.WaitForExit(TimeSpan.FromSeconds(5)));
        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(lab.Run.Path));
        Assert.False(other.HasExited);
        other.Kill();
    }

    [Theory]
    [InlineData("hello 6 mte=0 kernel=6.1.0", "runs without MTE")]
    [InlineData("hello 1 mte=1 kernel=6.1.0", "speaks version 1 of the protocol, and this is version 6")]
    [InlineData("good morning", "said 'good morning' where its greeting was expected")]
    public void A_guest_that_is_not_what_is_needed(string hello, string says)
    {
        using var lab = new FakeLab(hello: hello);
        using var session = lab.Session();
        Assert.Contains(says, Assert.Throws<LabException>(session.Boot).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ok tags=2 swapped=1 data=77 back=2", "does not keep a tag for each granule")]
    [InlineData("ok tags=256 swapped=0 data=77 back=256", "does not go to swap and back")]
    [InlineData("ok tags=256 swapped=1 data=0 back=256", "does not go to swap and back")]
    [InlineData("err ENODEV", "the self-test of fake failed")]
    public void A_guest_that_fails_its_self_test(string selfTest, string says)
    {
        using var lab = new FakeLab(selfTest: selfTest);
        using var session = lab.Session();
        Assert.Contains(says, Assert.Throws<LabException>(session.Boot).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Qemu_7_is_too_old()
    {
        using var lab = new FakeLab(version: "7.2.22");
        Assert.Contains("QEMU 7.2.22 is too old", Assert.Throws<LabException>(() => Guest.QemuVersion(lab.Folder)).Message, StringComparison.Ordinal);
        using var session = lab.Session();
        Assert.Contains("QEMU 7.2.22 is too old", Assert.Throws<LabException>(session.Boot).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_qemu()
    {
        using var lab = new FakeLab();
        File.Delete(lab.Folder.Qemu);
        using var session = lab.Session();
        Assert.Contains("no QEMU in", Assert.Throws<LabException>(session.Boot).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_initial_ram_disk_that_kernel_only_cannot_be_used()
    {
        using var lab = new FakeLab();
        lab.AddImage("other", "v6.11");
        File.Delete(lab.Image.Initrd);
        using var session = lab.Session();
        Assert.Contains("initrd.cpio is missing", Assert.Throws<LabException>(session.Boot).Message, StringComparison.Ordinal);
        Assert.Equal("v6.11", lab.Folder.Image("other").Model);
    }

    [Fact]
    public void Without_room_for_the_disks()
    {
        using var lab = new FakeLab();
        using var session = new GuestSession(lab.Folder, lab.Image, lab.Run, 0, diskSlots: int.MaxValue);
        Assert.Contains("no room for a swap disk", Assert.Throws<LabException>(session.Boot).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_image_and_what_there_is()
    {
        using var lab = new FakeLab();
        Assert.Contains("no lab kernel 'v9'; there are: fake", Assert.Throws<LabException>(() => lab.Folder.Image("v9")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_agent_whose_answers_slip_is_noticed()
    {
        using var lab = new FakeLab("""case $line in *"map b"*) echo na ;; esac""");
        using var session = lab.Session();
        Assert.Contains("do not fit", Assert.Throws<LabException>(() => session.Run([Program("P0 map b"), Program("P0 map a")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_agent_that_knows_less_than_is_asked_for_is_said_to_be_old()
    {
        using var lab = new FakeLab("""case $line in *"map b"*) echo "cannot no such operation s=." ;; esac""");
        using var session = lab.Session();
        Assert.Contains("knows less than this tool asks for", Assert.Throws<LabException>(() => session.Run([Program("P0 map b")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_campaign_shrinks_what_differs_on_both_together()
    {
        // Everything is 'na', so that mapping a page is enough of a difference; the answers are the same each time.
        using var lab = new FakeLab();
        var result = new LabCampaign(lab.Folder, lab.Image, KernelCatalogue.Get("debian-6.1.192"), new Arm64Architecture())
            .Run([new Lane(true, Lane.Small)], workloads: 5, seed: 1, guests: 2, null, CancellationToken.None);
        Assert.True(result.Complete);
        Assert.Equal(5, result.Divergences.Length);
        Assert.Equal([0L, 1, 2, 3, 4], result.Divergences.Select(d => d.Workload));
        Assert.All(result.Divergences, d => Assert.Equal("P0     map a\n", CaseText.Print(d.Minimal)[CaseText.Print(d.Minimal).IndexOf("P0", StringComparison.Ordinal)..]));
        Assert.All(result.Divergences, d => Assert.Equal(LabCampaign.Repeats, d.Again));
        Assert.All(result.Divergences, d => Assert.Equal(0, d.Comparison!.FirstDifference));
    }

    [Fact]
    public void A_campaign_keeps_the_console_of_a_guest_that_dies_and_goes_on()
    {
        using var lab = new FakeLab("""case $line in *pageout*) echo "Kernel panic - not syncing: of a test" >> "$console"; exit 1 ;; esac""");
        var result = new LabCampaign(lab.Folder, lab.Image, KernelCatalogue.Get("debian-6.1.192"), new Arm64Architecture())
            .Run([new Lane(true, Lane.Small)], workloads: 3, seed: 1, guests: 1, null, CancellationToken.None);
        Assert.True(result.Complete);
        Assert.Equal(3, result.Divergences.Length);
        Assert.All(result.Divergences.Where(d => d.Failure is not null), d => Assert.Contains("panicked", d.Failure!.Message, StringComparison.Ordinal));
        Assert.Contains(result.Divergences, d => d.Failure is { Console.Count: > 0 });
    }

    [Fact]
    public void A_campaign_that_cannot_go_on_keeps_what_it_found()
    {
        // The second case's reset takes the guest, and QEMU with it.
        using var lab = new FakeLab("""case $line in "reset 1") rm -f "$0"; exit 1 ;; esac""");
        var result = new LabCampaign(lab.Folder, lab.Image, KernelCatalogue.Get("debian-6.1.192"), new Arm64Architecture())
            .Run([new Lane(true, Lane.Small)], workloads: 40, seed: 1, guests: 1, null, CancellationToken.None);
        Assert.False(result.Complete);
        Assert.Contains("no QEMU in", result.Stopped, StringComparison.Ordinal);
        Assert.Equal(2, result.Divergences.Length);
        Assert.Null(result.Divergences[0].Failure);
        Assert.Contains("died", result.Divergences[1].Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_campaign_without_any_guest_says_why()
    {
        using var lab = new FakeLab(hello: "hello 6 mte=0 kernel=6.1.0");
        var campaign = new LabCampaign(lab.Folder, lab.Image, KernelCatalogue.Get("debian-6.1.192"), new Arm64Architecture());
        Assert.Contains("without MTE", Assert.Throws<LabException>(() => campaign.Run([new Lane(true, Lane.Small)], 3, 1, 2, null, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""case $line in *"map c"*) sleep 60 ;; esac""")]
    [InlineData("sleep 60")]
    [InlineData("""case $line in *"map c"*) sleep 5; exit 1 ;; esac""")]
    public void An_interrupt_ends_the_waiting_for_a_guest_and_the_guest(string harm)
    {
        using var lab = new FakeLab(harm);
        using var cancel = new CancellationTokenSource();
        var session = new GuestSession(lab.Folder, lab.Image, lab.Run, 0, Lane.Small) { AnswerTime = TimeSpan.FromSeconds(50), Cancel = cancel.Token };
        using (session)
        {
            cancel.CancelAfter(TimeSpan.FromMilliseconds(500));
            Assert.ThrowsAny<OperationCanceledException>(() => session.Run([Program("P0 map a", "P0 map c")]));
        }

        var started = Directory.EnumerateFiles(lab.Run.Path, "*.pid").Select(f => Path.GetFileNameWithoutExtension(f)).ToList();
        Assert.NotEmpty(started);
        Assert.DoesNotContain(started, pid => Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    public void A_campaign_interrupted_while_it_shrinks_keeps_what_differs()
    {
        using var cancel = new CancellationTokenSource();
        using var lab = new FakeLab("""case $line in "reset 17") sleep 60 ;; esac""");
        cancel.CancelAfter(TimeSpan.FromSeconds(2));
        var result = new LabCampaign(lab.Folder, lab.Image, KernelCatalogue.Get("debian-6.1.192"), new Arm64Architecture())
            .Run([new Lane(true, Lane.Small)], workloads: 32, seed: 1, guests: 1, null, cancel.Token);
        Assert.False(result.Complete);
        Assert.Null(result.Stopped);
        Assert.Equal(0L, Assert.Single(result.Divergences).Workload);
    }

    [Fact]
    public void An_interrupted_campaign_says_so()
    {
        using var lab = new FakeLab();
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        var result = new LabCampaign(lab.Folder, lab.Image, KernelCatalogue.Get("debian-6.1.192"), new Arm64Architecture())
            .Run([new Lane(true, Lane.Small)], workloads: 3, seed: 1, guests: 1, null, cancel.Token);
        Assert.False(result.Complete);
        Assert.Empty(result.Divergences);
    }

    private static LabProgram Program(params string[] lines) =>
        LabProgram.Of(CaseParser.Parse("kernel any\narch any\nswap zram\n" + string.Join('\n', lines) + "\n", "test").Workload, ModelGuest.Machine("debian-6.1.192"));
}
