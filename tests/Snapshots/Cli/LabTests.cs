using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Hooks.LabTests;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>The lab's commands as a user meets them; the guest is a shell script that speaks the agent's protocol.</summary>
[SupportedOSPlatform("linux")]
public partial class LabTests
{
    private const string Case = "kernel v5.18\narch   arm64\nswap   zram\nP0     map a tagged\nP0     tag a 1\nP0     pageout a\nP0     read a\n";

    /// <summary>What a kernel answers that keeps the tags of <see cref="Case"/>; replaced where it does not.</summary>
    private const string Keeps = """
        case $line in
            "P0 map a tagged") echo "ok s=-"; continue ;;
            "P0 tag a 1") echo "ok s=X"; continue ;;
            "P0 pageout a") echo "ok s=S"; continue ;;
            "P0 read a") echo "ok v=0 s=X"; continue ;;
            "P0 readtag a") echo "ok t=1111 s=X"; continue ;;
        esac
        """;

    private static readonly string Loses = Keeps.Replace("t=1111", "t=0000").Replace("v=0", "v=0 segv=9 at=1111");

    [Fact]
    public async Task List() => await Verify(In(Keeps, "lab list"));

    [Fact]
    public async Task List_as_json() => await Verify(In(Keeps, "lab list --json"));

    [Fact]
    public async Task Doctor() => await Verify(In(Keeps, "lab doctor"));

    [Fact]
    public async Task Doctor_of_a_sick_guest() => await Verify(In(Keeps, "lab doctor", hello: "hello 6 mte=0 kernel=6.1.0"));

    [Fact]
    public async Task A_kernel_that_does_as_the_model_says() => await Verify(In(Keeps, "lab run - --image fake", Case));

    [Fact]
    public async Task A_kernel_that_loses_tags_where_the_model_does_not() => await Verify(In(Loses, "lab run - --image fake", Case));

    [Fact]
    public async Task A_kernel_that_loses_tags_as_the_model_says() => await Verify(In(Loses, "lab run - --image unfixed", Case));

    [Fact]
    public async Task As_json() => await Verify(In(Loses, "lab run - --image unfixed --json", Case));

    [Fact]
    public async Task A_guest_that_panics() =>
        await Verify(In("""case $line in *pageout*) echo "Kernel panic - not syncing: Fatal exception" >> "$console"; exit 1 ;; esac""", "lab run - --image fake", Case));

    [Fact]
    public async Task What_only_the_model_can_do_is_left_out_and_said_so() =>
        await Verify(In("", "lab run - --image fake", "kernel v6.5\narch arm64\nswap disk slot-cache=on stable-writes\nP0 map a\nP0 fail save\nP0 pin a write get\n"));

    [Fact]
    public async Task Generated_workloads_that_differ() => await Verify(In("", "lab diff --image fake --workloads 2 --swap zram --slots 8 --guests 1 --out {lab}/out"));

    [Fact]
    public async Task Generated_workloads_as_json() => await Verify(In("", "lab diff --image fake --workloads 1 --swap disk --slots 8 --guests 1 --out {lab}/out --json"));

    [Fact]
    public async Task Wrong_models_beside_a_guest_that_does_nothing() => await Verify(In("", "lab power --image fake --workloads 1 --guests 1"));

    [Fact]
    public async Task An_image_that_is_not_there() => await Verify(In("", "lab diff --image v9"));

    [Fact]
    public async Task A_qemu_that_is_too_old() => await Verify(In("", "lab doctor", version: "7.2.22"));

    [Fact]
    public async Task No_lab() => await Verify(In("", "lab list", delete: true));

    internal static string In(string onLine, string command, string stdin = "", string hello = "hello 6 mte=1 kernel=6.1.0-fake", string version = "10.0.2", bool delete = false)
    {
        using var lab = new FakeLab(onLine, hello, version: version);
        lab.AddImage("unfixed", "debian-6.1.192-norestore-noprepare");
        if (delete) Directory.Delete(Path.Combine(lab.Folder.Path, "images"), recursive: true);
        var before = Environment.GetEnvironmentVariable("HOOKS_LAB");
        Environment.SetEnvironmentVariable("HOOKS_LAB", lab.Folder.Path);
        try
        {
            var printed = Command.Run(command.Replace("{lab}", lab.Folder.Path), stdin).Replace(lab.Folder.Path, "{lab}");
            return Seconds().Replace(printed, "ready in 0.0 s");
        }
        finally
        {
            Environment.SetEnvironmentVariable("HOOKS_LAB", before);
        }
    }

    [GeneratedRegex(@"ready in [\d.]+ s", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Seconds();
}
