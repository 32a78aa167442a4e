using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>Architectures and kernels from somebody else's assembly: tests/Capability is one.</summary>
public sealed class PluginTests : IDisposable
{
    private static readonly string Cap = InTests("Capability", "bin", Configuration, "net10.0", "Hooks.Capability.dll");

    private readonly OwnFolder folder = new();

    private static string Configuration => Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))!;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_a_plugin_brings_is_checked_and_the_command_that_replays_names_it() =>
        await Verify(Run($"check late-restore cap --workloads 2000 --out DIR --plugin {Cap}"));

    [Fact]
    public void Without_names_it_is_what_the_plugin_brings_on_every_kernel()
    {
        var text = Run($"check --workloads 1 --json --out DIR --plugin {Cap} --arch cap");
        Assert.Contains("\"kernel\": \"v5.16\"", text, StringComparison.Ordinal);
        Assert.Contains("\"kernel\": \"late-restore\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"arch\": \"arm64\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_found_is_replayed()
    {
        Run($"check late-restore cap --workloads 2000 --out DIR --plugin {Cap}");
        var text = Run($"run DIR/late-restore-cap-tag-preservation.case --plugin {Cap}");
        Assert.Contains("fails as the file says", text, StringComparison.Ordinal);
        Assert.EndsWith("exit 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_listed_shown_and_explored()
    {
        Assert.Contains("\ncap        ", Run($"list archs --plugin {Cap}"), StringComparison.Ordinal);
        Assert.Contains("\"name\": \"late-restore\"", Run($"list kernels --json --plugin {Cap}"), StringComparison.Ordinal);
        Assert.Contains("+  ArchSwapRestore", Run($"show late-restore --diff v6.8 --plugin {Cap}"), StringComparison.Ordinal);
        Assert.Contains("tag-preservation", Run($"explore --kernel late-restore --arch cap --tasks 1 --operations 4 --swap disk --first --out DIR --plugin {Cap}"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_zoo_says_which_bugs_of_kernels_would_hurt_it()
    {
        var text = Run($"zoo tags-freed-before-restore stable-writes over-tagging --seeds 1 --workloads 3000 --arch cap --plugin {Cap}");
        Assert.Contains("tags-freed-before-restore  v5.19 on cap          tag-preservation  4     yes\n", text, StringComparison.Ordinal);
        Assert.Contains("cap: of 2 bugs of kernels 2 show on it.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("over-tagging", text[text.IndexOf("--- stdout", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.EndsWith("exit 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_of_one_call_and_no_other()
    {
        Run($"list archs --plugin {Cap}");
        Assert.DoesNotContain("\ncap ", Run("list archs"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hook_that_throws_is_its_authors_mistake() =>
        await Verify(Run($"check v6.5 throwing --workloads 100 --out DIR --plugin {Cap}"));

    [Theory]
    [InlineData("no-file")]
    [InlineData("folder")]
    [InlineData("text")]
    [InlineData("no-assembly")]
    [InlineData("brings-nothing")]
    [InlineData("other-core")]
    [InlineData("given-twice")]
    public async Task Bad_input(string what)
    {
        var file = Path.Combine(folder.Path, "my.dll");
        switch (what)
        {
            case "folder":
                Directory.CreateDirectory(file);
                break;
            case "text":
                await File.WriteAllTextAsync(file, "using Hooks.Core;\n");
                break;
            case "no-assembly":
                File.Copy("/bin/sh", file);
                break;
            case "brings-nothing":
                File.Copy(Path.Combine(AppContext.BaseDirectory, "Hooks.Arch.Arm64.dll"), file);
                break;
            case "other-core":
                await File.WriteAllBytesAsync(file, BuiltForAnotherCore(await File.ReadAllBytesAsync(Cap)));
                break;
            case "given-twice":
                File.Copy(Cap, file);
                break;
        }

        var also = what == "given-twice" ? $" --plugin {Cap}" : "";
        await Verify(Run($"list archs --plugin DIR/my.dll{also}")).UseParameters(what);
    }

    /// <summary>The same assembly, with another number where it says which Hooks.Core it was built for.</summary>
    private static byte[] BuiltForAnotherCore(byte[] assembly)
    {
        using var image = new PEReader(new MemoryStream(assembly));
        var metadata = image.GetMetadataReader();
        var row = 1 + metadata.AssemblyReferences.Select(metadata.GetAssemblyReference).ToList().FindIndex(r => metadata.GetString(r.Name) == "Hooks.Core");
        var at = image.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(TableIndex.AssemblyRef) + ((row - 1) * metadata.GetTableRowSize(TableIndex.AssemblyRef));
        BinaryPrimitives.WriteUInt16LittleEndian(assembly.AsSpan(at + 2), 1);
        return assembly;
    }

    private string Run(string commandLine) => folder.Run(commandLine).Replace(Cap, "cap.dll", StringComparison.Ordinal);

    private static string InTests(params ReadOnlySpan<string> path) => Path.GetFullPath(Path.Combine([Path.GetDirectoryName(ThisFile())!, "..", "..", .. path]));

    private static string ThisFile([CallerFilePath] string file = "") => file;
}
