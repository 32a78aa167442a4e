using System.Runtime.InteropServices;
using System.Text;
using Hooks.Arch.Arm64;
using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;

namespace Hooks.Arch.Native;

/// <summary>
/// An architecture whose hooks are its own C, unedited, compiled as ordinary C: arch/sparc/kernel/adi_64.c, or arch/arm64/mm/mteswap.c. What is not in that
/// file (set_pte_at(), the copying of pages) is the hand-written architecture's. Nothing stays in the C from call to call: what it has saved lives in the
/// state, as the hand-written hooks have it, is made into what the file works on before each call, and read back after it.
/// </summary>
public sealed class NativeArchitecture : IArchitecture
{
    /// <summary>The longest file that is read, in bytes.</summary>
    public const int MaxFile = 1 << 20;

    private readonly bool _patched;
    private readonly NativeArchitecture? _usual;
    private readonly PageAddresses? _addresses;
    private readonly Func<IArchHooks, PageAddresses?, IArchHooks> _hooks;

    private NativeArchitecture(string file, string text, bool patched, IArchitecture written, Func<IArchHooks, PageAddresses?, IArchHooks> hooks, NativeArchitecture? usual = null, PageAddresses? addresses = null)
    {
        _usual = usual;
        _addresses = addresses;
        File = file;
        Text = text;
        Written = written;
        _patched = patched;
        _hooks = hooks;
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>What is in it.</summary>
    public string Text { get; }

    /// <summary>The hand-written architecture, of which it has what is not in the file.</summary>
    public IArchitecture Written { get; }

    /// <summary><c>sparc-c</c>, <c>arm64-c</c>; of one that was patched <c>sparc-c-patched</c>, <c>arm64-c-patched</c>.</summary>
    public string Name => _usual is null ? $"{Written.Name}-c{(_patched ? "-patched" : "")}" : $"{_usual.Name}@{_addresses}";

    /// <inheritdoc/>
    public string Description => _usual is null ? $"{Written.Name} with the hooks of {File}{(_patched ? ", patched" : "")}" : $"{_usual.Name} with an address space's pages at {_addresses}";

    /// <inheritdoc/>
    public IReadOnlyList<IArchitecture> Beyond
    {
        get
        {
            if (_usual is null) return [];
            var apart = _usual.At(PageAddresses.Apart)!;
            return _addresses!.AreLow ? [_usual, apart, _usual.At(_addresses.Raised)!] : [_usual, apart];
        }
    }

    /// <inheritdoc/>
    public IArchHooks Hooks(Kernel kernel) => _hooks(Written.Hooks(kernel), _addresses);

    /// <inheritdoc/>
    public IArchitecture? At(PageAddresses addresses) => Written.At(addresses) is { } written ? new NativeArchitecture(File, Text, _patched, written, _hooks, this, addresses) : null;

    /// <inheritdoc/>
    public InvariantSet ExpectedBreaches(Kernel kernel) => Written.ExpectedBreaches(kernel);

    /// <inheritdoc/>
    public InvariantSet ExpectedRaces(Kernel kernel) => Written.ExpectedRaces(kernel);

    /// <summary>Reads and compiles a file.</summary>
    /// <exception cref="NativeSourceException">It cannot be read, is none of the two, or gcc does not accept it.</exception>
    public static NativeArchitecture Read(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) throw new NativeSourceException(Directory.Exists(path) ? $"{path}: expected a C file, not a folder: arch/sparc/kernel/adi_64.c or arch/arm64/mm/mteswap.c in it" : $"{path}: there is no such file");
            if (file.Length > MaxFile) throw new NativeSourceException($"{path}: {file.Length} bytes long; expected arch/sparc/kernel/adi_64.c or arch/arm64/mm/mteswap.c, of a few thousand");
            return Compile(path, System.IO.File.ReadAllText(path, Encoding.UTF8));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NativeSourceException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Compiles a file that has been read.</summary>
    /// <param name="file">What it is called.</param>
    /// <param name="text">What is in it.</param>
    /// <param name="patched">It has been patched, which its name says.</param>
    /// <exception cref="NativeSourceException">It is none of the two, or gcc does not accept it.</exception>
    public static NativeArchitecture Compile(string file, string text, bool patched = false)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains("adi_save_tags(", StringComparison.Ordinal)) return Sparc(file, text, patched);
        if (text.Contains("mte_save_tags(", StringComparison.Ordinal)) return Arm64(file, text, patched);
        throw new NativeSourceException($"{file}: expected an architecture's hooks, with adi_save_tags() (arch/sparc/kernel/adi_64.c) or mte_save_tags() (arch/arm64/mm/mteswap.c)");
    }

    private static NativeArchitecture Sparc(string file, string text, bool patched)
    {
        // Its tag memory is made by assembler macros for this one.
        if (RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64) throw new NativeSourceException($"{file}: sparc's hooks run on x86-64 only, as their inline assembly is given a meaning there");
        var call = Compiler.Load(file, text, "adi.c", "hooks_adi", "-masm=intel");
        return new NativeArchitecture(file, text, patched, new SparcArchitecture(), (written, addresses) => new NativeAdi(written, call, addresses));
    }

    private static NativeArchitecture Arm64(string file, string text, bool patched)
    {
        var hasPrepare = text.Contains("int arch_prepare_to_swap(", StringComparison.Ordinal);
        var call = Compiler.Load(file, text, "mte.c", "hooks_mte", hasPrepare ? ["-DHOOKS_HAS_PREPARE"] : []);
        return new NativeArchitecture(file, text, patched, new Arm64Architecture(), (written, _) => new NativeMte(written, call));
    }
}
