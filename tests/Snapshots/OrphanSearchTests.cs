using Xunit;

namespace Hooks.Snapshots;

/// <summary>The search for orphans finds them: on a folder of its own, with classes that are no tests of this run.</summary>
public sealed class OrphanSearchTests : IDisposable
{
    private static readonly string[] Owned =
    [
        "OrphanSearchTests.Sample.Fact.verified.txt",
        "OrphanSearchTests.Sample.Rows_kernel=v6.12_index=1.verified.txt",
        "OrphanSearchTests.Sample.Rows_kernel=a-b_index=7.verified.txt",
        "OrphanSearchTests.Sample.Drawing.verified.svg",
        "OrphanSearchTests.Sample.Members_cold=True.verified.txt",
        "OrphanSearchTests.Sample.Nulls_text=null.verified.txt",
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("hooks-orphans-").FullName;

    public static TheoryData<bool> Cold => new(true);

    public OrphanSearchTests()
    {
        Write("Sample.cs", "internal class Sample;");
        foreach (var name in Owned)
            Write(name);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void FilesOfFactsAndRowsAreOwned() => Assert.Empty(Search());

    [Theory]
    [InlineData("OrphanSearchTests.Sample.Gone.verified.txt")]
    [InlineData("OrphanSearchTests.Gone.Fact.verified.txt")]
    [InlineData("Sample.Fact.verified.txt")]
    [InlineData("OrphanSearchTests.Sample.NoTest.verified.txt")]
    [InlineData("OrphanSearchTests.Sample.Synchronous.verified.txt")]
    public void AFileWithoutATestIsAnOrphan(string name)
    {
        Write(name);

        Assert.Equal(name, Assert.Single(Search()));
    }

    [Theory]
    [InlineData("OrphanSearchTests.Sample.Rows_kernel=v6.12_index=2.verified.txt")]
    [InlineData("OrphanSearchTests.Sample.Rows_kernel=v6.12.verified.txt")]
    [InlineData("OrphanSearchTests.Sample.Rows.verified.txt")]
    [InlineData("OrphanSearchTests.Sample.Rows_cpu=v6.12_index=1.verified.txt")]
    [InlineData("OrphanSearchTests.Sample.Members_cold=False.verified.txt")]
    public void AFileOfARowThatIsGoneIsAnOrphan(string name)
    {
        Write(name);

        Assert.Equal(name, Assert.Single(Search()));
    }

    [Theory]
    [InlineData("OrphanSearchTests.Sample.Fact.verified.json")]
    [InlineData("OrphanSearchTests.Sample.Rows_kernel=v6.12_index=1.verified.json")]
    [InlineData("OrphanSearchTests.Sample.Drawing.verified.txt")]
    public void AFileWithAnotherExtensionThanItsTestsIsAnOrphan(string name)
    {
        Write(name);

        Assert.Equal(name, Assert.Single(Search()));
    }

    [Fact]
    public void AFileLeftInAnotherFolderIsAnOrphan()
    {
        var left = Path.Combine("Old", Owned[0]);
        Write(left);

        Assert.Equal(left, Assert.Single(Search()));
    }

    [Fact]
    public void BuildOutputIsNotSearched()
    {
        Write(Path.Combine("bin", "Gone.Gone.verified.txt"));

        Assert.Empty(Search());
    }

    [Theory]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a', (byte)'\n' }, null)]
    [InlineData(new byte[] { (byte)'a', (byte)'\n' }, "mark")]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a', (byte)'\r', (byte)'\n' }, "\\r")]
    public void BytesThatBreakTheFormatAreNamed(byte[] bytes, string? fault)
    {
        var found = ApprovedFiles.Malformation(bytes);

        if (fault is null)
            Assert.Null(found);
        else
            Assert.Contains(fault, found, StringComparison.Ordinal);
    }

    private IEnumerable<string> Search() => ApprovedFiles.Orphans(folder, [typeof(Sample)]).Select(file => Path.GetRelativePath(folder, file));

    private void Write(string name, string text = "")
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    // Not public, so that xunit does not run it: it only lends its signatures to the search.
#pragma warning disable xUnit1000, xUnit1026, CA1812, CA1822, CA1859
    private sealed class Sample
    {
        [Fact]
        public Task Fact() => Task.CompletedTask;

        [Fact]
        [ApprovedAs("svg")]
        public Task Drawing() => Task.CompletedTask;

        [Fact]
        public void Synchronous() => Assert.NotNull(this);

        [Theory]
        [InlineData("v6.12", 1)]
        [InlineData("a/b")]
        public Task Rows(string kernel, int index = 7) => Task.FromResult((kernel, index));

        [Theory]
        [MemberData(nameof(Cold), MemberType = typeof(OrphanSearchTests))]
        public Task Members(bool cold) => Task.FromResult(cold);

        [Theory]
        [InlineData(null)]
        public Task Nulls(string? text) => Task.FromResult(text);

        public Task NoTest() => Task.CompletedTask;
    }
#pragma warning restore xUnit1000, xUnit1026, CA1812, CA1822, CA1859
}
